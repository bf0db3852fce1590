namespace TorchSharp.Modules;

/// <summary>Marks modules that have nothing to train, to move or to save.</summary>
public interface IParameterLessModule { }
