using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Makes a parameter of a tensor; the old object is no longer valid.</summary>
        /// <param name="data">The tensor.</param>
        /// <param name="requires_grad">Whether it is trained.</param>
        public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);

        /// <summary>A list of parameters.</summary>
        /// <param name="parameters">What is in it.</param>
        public static ParameterList ParameterList(params Parameter[] parameters) => new(parameters);

        /// <summary>A list of modules.</summary>
        /// <param name="modules">What is in it.</param>
        public static ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

        /// <summary>A list of modules of one type.</summary>
        /// <param name="modules">What is in it.</param>
        public static ModuleList<T> ModuleList<T>(params T[] modules)
            where T : Module => new(modules);

        /// <summary>Modules by name.</summary>
        /// <param name="modules">What is in it.</param>
        public static ModuleDict<Module> ModuleDict(params (string, Module)[] modules) => ModuleDict<Module>(modules);

        /// <summary>Modules of one type by name.</summary>
        /// <param name="modules">What is in it.</param>
        public static ModuleDict<T> ModuleDict<T>(params (string, T)[] modules)
            where T : Module
        {
            var dictionary = new ModuleDict<T>();
            foreach (var entry in modules)
                dictionary.Add(entry);
            return dictionary;
        }

        /// <summary>An empty chain.</summary>
        public static Sequential Sequential() => new();

        /// <summary>A chain of modules.</summary>
        /// <param name="modules">The modules, in order.</param>
        public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
            Sequential(modules.AsEnumerable());

        /// <summary>A chain of named modules.</summary>
        /// <param name="modules">The modules, in order.</param>
        public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
            Sequential(modules.AsEnumerable());

        /// <summary>A chain of modules.</summary>
        /// <param name="modules">The modules, in order.</param>
        public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules)
        {
            var chain = new Sequential();
            foreach (var module in modules)
                chain.append(module);
            return chain;
        }

        /// <summary>A chain of named modules.</summary>
        /// <param name="modules">The modules, in order.</param>
        public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules)
        {
            var chain = new Sequential();
            foreach (var (name, module) in modules)
                chain.append(name, module);
            return chain;
        }
    }
}
