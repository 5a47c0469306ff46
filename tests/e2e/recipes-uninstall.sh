# shellcheck shell=sh disable=SC2154 # Its user sets what looks unset.
# Sourced by test-recipes.sh: taking things away again.

# The README does what the page has done.
host_enable() {
    on_host thrivestack-credential host disable sshd --yes || fail 'it cannot be undone'
    run_block on_host host-enable
    await 10 keyboard_is_offered || fail 'sshd does not ask'
}

# dpkg, too, keeps the package while a stack names the module.
uninstall() {
    run_block on_laptop uninstall-laptop
    refused 'git has no helper of ours' grep -q thrivestack "$W/laptop/.gitconfig"
    refused 'docker has none' grep -q thrivestack "$W/laptop/.docker/config.json"
    [ -z "$(find "$W/laptop-run/thrivestack" -type f 2>/dev/null)" ] || fail 'cached tokens are left'
    refused 'a stack names the module' on_host apt-get purge --yes libpam-thrivestack
    expect 'install ok installed' 'the package stays' dpkg-query -W -f '${Status}' libpam-thrivestack
    run_block on_host uninstall-host
    ! grep -rl '^[^#]*pam_thrivestack' /etc/pam.d/sshd /etc/pam.d/sudo /etc/pam.d/sudo-i || fail 'a stack names the module'
    run_block on_host uninstall-package
    [ ! -e /usr/bin/thrivestack-credential ] || fail 'a program is left'
    [ ! -e /etc/thrivestack/keys.d ] || fail 'keys are left'
}
