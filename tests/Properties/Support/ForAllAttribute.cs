namespace Diffusion.Properties.Support;

/// <summary>A property over this project's generators.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForAllAttribute : FsCheck.NUnit.PropertyAttribute
{
    public ForAllAttribute()
    {
        Arbitrary = [typeof(Generators)];
        MaxTest = 200;
        QuietOnSuccess = true;
    }
}
