namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module that is a function of 1 input.</summary>
        /// <typeparam name="T">Type of input 1.</typeparam>
        /// <typeparam name="TResult">Type of the result.</typeparam>
        public abstract class Module<T, TResult>
            : HookableModule<Func<Module<T, TResult>, T, T>, Func<Module<T, TResult>, T, TResult, TResult>>,
                IModule<T, TResult>
        {
            /// <summary>Creates a module without parts.</summary>
            /// <param name="name">A name for messages; usually the class name.</param>
            protected Module(string name)
                : base(name) { }

            /// <summary>Computes the result. Call <see cref="call"/> instead, which also runs the hooks.</summary>
            /// <param name="input">Input 1.</param>
            public abstract TResult forward(T input);

            /// <inheritdoc/>
            public TResult call(T input)
            {
                if (!HasHooks)
                    return forward(input);
                RunModulePreHooks();
                foreach (var hook in PreHooks)
                {
                    if (hook(this, input) is { } modified)
                        input = modified;
                }
                var result = forward(input);
                foreach (var hook in PostHooks)
                {
                    if (hook(this, input, result) is { } modified)
                        result = modified;
                }
                RunModulePostHooks();
                return result;
            }
        }
    }
}
