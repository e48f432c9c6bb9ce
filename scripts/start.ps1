# Finds Python 3.11 or newer and hands over to setup.py, which needs nothing else.
# The twin of `start` for Windows. Written with care, but not yet run there.
$root = Split-Path -Parent $PSScriptRoot

function Show-Message([string] $key) {
    $form = if ((Get-UICulture).Name -like "nn*") { "nn" } else { "nb" }
    Get-Content -Encoding UTF8 "$root\config\setup.$form.txt" |
        Where-Object { $_.StartsWith("$key = ") } |
        ForEach-Object { $_.Substring($key.Length + 3) }
}

# Each is tried: `python` may be only the stub that opens the Microsoft Store.
$candidates = @(@("py", "-3"), @("python3"), @("python"))
foreach ($candidate in $candidates) {
    $program = $candidate[0]
    $options = @($candidate | Select-Object -Skip 1)
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { continue }
    & $program @options -I -c "import sys; sys.exit(sys.version_info < (3, 11))" *> $null
    if ($LASTEXITCODE -eq 0) {
        & $program @options -E -s "$root\scripts\setup.py" @args
        exit $LASTEXITCODE
    }
}
Show-Message python_missing
exit 1
