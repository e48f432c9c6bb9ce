# Shows a whole consultation on this machine: needs no camera, sound card, account or network.
# The twin of `demo` for Windows. Written with care, but not yet run there.
& "$PSScriptRoot\scripts\start.ps1" demo @args
exit $LASTEXITCODE
