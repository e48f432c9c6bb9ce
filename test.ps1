# Runs every check; `.\test.ps1 tests\test_x.py` runs only those tests.
# The twin of `test` for Windows. Written with care, but not yet run there.
& "$PSScriptRoot\scripts\start.ps1" test @args
exit $LASTEXITCODE
