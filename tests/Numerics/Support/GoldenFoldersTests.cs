using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics;

public class GoldenFoldersTests
{
    [TestCase("tests/Numerics/Golden/unet")]
    [TestCase("./tests/../tests/Numerics/Golden/unet")]
    public void A_relative_folder_is_one_of_the_repository(string setting) =>
        Directory.Exists(GoldenFolders.RootOf(setting)).Should().BeTrue();

    [TestCase(null)]
    [TestCase("")]
    public void Without_a_setting_it_is_the_copy_beside_the_tests(string? setting) =>
        GoldenFolders.RootOf(setting).Should().StartWith(AppContext.BaseDirectory);
}
