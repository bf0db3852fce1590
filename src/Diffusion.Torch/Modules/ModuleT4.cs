namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module that is a function of 4 inputs.</summary>
        /// <typeparam name="T1">Type of input 1.</typeparam>
        /// <typeparam name="T2">Type of input 2.</typeparam>
        /// <typeparam name="T3">Type of input 3.</typeparam>
        /// <typeparam name="T4">Type of input 4.</typeparam>
        /// <typeparam name="TResult">Type of the result.</typeparam>
        public abstract class Module<T1, T2, T3, T4, TResult>
            : HookableModule<
                Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, (T1, T2, T3, T4)?>,
                Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, TResult, TResult>
            >,
                IModule<T1, T2, T3, T4, TResult>
        {
            /// <summary>Creates a module without parts.</summary>
            /// <param name="name">A name for messages; usually the class name.</param>
            protected Module(string name)
                : base(name) { }

            /// <summary>Computes the result. Call <see cref="call"/> instead, which also runs the hooks.</summary>
            /// <param name="input1">Input 1.</param>
            /// <param name="input2">Input 2.</param>
            /// <param name="input3">Input 3.</param>
            /// <param name="input4">Input 4.</param>
            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4);

            /// <inheritdoc/>
            public TResult call(T1 input1, T2 input2, T3 input3, T4 input4)
            {
                if (!HasHooks)
                    return forward(input1, input2, input3, input4);
                RunModulePreHooks();
                foreach (var hook in PreHooks)
                {
                    if (hook(this, input1, input2, input3, input4) is { } modified)
                        (input1, input2, input3, input4) = modified;
                }
                var result = forward(input1, input2, input3, input4);
                foreach (var hook in PostHooks)
                {
                    if (hook(this, input1, input2, input3, input4, result) is { } modified)
                        result = modified;
                }
                RunModulePostHooks();
                return result;
            }
        }
    }
}
