// All kernels of vectors, for the instruction set that the including file compiles for.
#include "vectors.inl"
#include "attention.inl"
#include "attention_narrow.inl"
#include "group_norm.inl"
#include "convolution.inl"
#include "winograd.inl"
#include "optimizer.inl"
