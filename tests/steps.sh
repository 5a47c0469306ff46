# shellcheck shell=sh disable=SC2034 # Its users use what looks unused.
# Sourced by tests/demo and tests/e2e/demo-machines.sh: how a step looks.
#
#   step TEXT             the next one, numbered
#   show COMMAND          what is typed, behind $prompt
#   indent, shorten       filters for what is printed; a token is a secret, so only its ends are shown
step_number=${step_number:-0}
prompt='$'
step() {
    step_number=$((step_number + 1))
    printf '\n%s. %s\n' "$step_number" "$*"
}
show() {
    printf '   %s %s\n' "$prompt" "$*"
}
indent() {
    sed 's/^/   /'
}
shorten() {
    sed -E 's/(eyJ[A-Za-z0-9_-]{12})[A-Za-z0-9_.~-]{100,}([A-Za-z0-9_-]{8})/\1...\2/g' | indent
}
