namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module whose calls can be watched and altered from outside.</summary>
        /// <typeparam name="TPreHook">Called before <c>forward</c>: may give other inputs, or null.</typeparam>
        /// <typeparam name="TPostHook">Called after <c>forward</c>: may give another result, or null.</typeparam>
        public class HookableModule<TPreHook, TPostHook> : Module
            where TPreHook : Delegate
            where TPostHook : Delegate
        {
            private readonly List<Delegate> _hooks = [];
            private readonly List<Action<Module>> _modulePreHooks = [];
            private readonly List<Action<Module>> _modulePostHooks = [];
            private readonly List<TPreHook> _preHooks = [];
            private readonly List<TPostHook> _postHooks = [];

            /// <summary>Creates a module without parts.</summary>
            /// <param name="name">A name for messages; usually the class name.</param>
            protected HookableModule(string name)
                : base(name) { }

            internal bool HasHooks => _hooks.Count > 0;

            // Copies, since a hook may remove itself.
            private protected TPreHook[] PreHooks => [.. _preHooks];

            private protected TPostHook[] PostHooks => [.. _postHooks];

            /// <summary>Adds a function that sees each result, and may replace it.</summary>
            /// <param name="hook">The function.</param>
            /// <returns>A handle to take it away again.</returns>
            public HookRemover register_forward_hook(TPostHook hook) => Add(_postHooks, hook);

            /// <summary>Adds a function that sees each call's inputs, and may replace them.</summary>
            /// <param name="hook">The function.</param>
            /// <returns>A handle to take it away again.</returns>
            public HookRemover register_forward_pre_hook(TPreHook hook) => Add(_preHooks, hook);

            /// <summary>Adds a function to run after each call.</summary>
            /// <param name="hook">The function.</param>
            /// <returns>A handle to take it away again.</returns>
            public HookRemover register_forward_hook(Action<Module> hook) => Add(_modulePostHooks, hook);

            /// <summary>Adds a function to run before each call.</summary>
            /// <param name="hook">The function.</param>
            /// <returns>A handle to take it away again.</returns>
            public HookRemover register_forward_pre_hook(Action<Module> hook) => Add(_modulePreHooks, hook);

            private protected void RunModulePreHooks()
            {
                foreach (var hook in _modulePreHooks.ToArray())
                    hook(this);
            }

            private protected void RunModulePostHooks()
            {
                foreach (var hook in _modulePostHooks.ToArray())
                    hook(this);
            }

            private HookRemover Add<THook>(List<THook> hooks, THook hook)
                where THook : Delegate
            {
                ArgumentNullException.ThrowIfNull(hook);
                hooks.Add(hook);
                _hooks.Add(hook);
                return new HookRemover(() =>
                {
                    if (_hooks.Remove(hook))
                        hooks.Remove(hook);
                });
            }

            /// <summary>Takes a hook away again.</summary>
            public class HookRemover
            {
                private readonly Action _remove;

                internal HookRemover(Action remove) => _remove = remove;

                /// <summary>Takes the hook away; a second call does nothing.</summary>
                public void remove() => _remove();
            }
        }
    }
}
