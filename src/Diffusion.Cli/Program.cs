using Diffusion.Cli;

TerminalWriter.Guard();
return CommandLine.Run(args);
