#!/bin/sh
# The Ansible collection on three hosts, each with a root folder, a network and an sshd of its own: keys
# trusted and revoked over all, one host down, a second run, a dry run, and what is refused.
# usage: test-ansible.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
command -v ansible-playbook >/dev/null || skip_rest 'the Ansible collection' 'ansible-core is not installed'
want_tree=yes
e2e_enter "$@"

hosts='one two three'
service_settings='{sshd: {scopes: [user_management], single_use: false}}'

# ---- hosts

# What is only read is the machine's own; what a host writes is its own.
start_host() {
    number=$1
    root=$W/hosts/$2/root
    mkdir -p "$W/hosts/$2" && mount -t tmpfs none "$W/hosts/$2" &&
        mkdir "$W/hosts/$2/new" "$W/hosts/$2/work" "$root" &&
        mount -t overlay -o "lowerdir=/,upperdir=$W/hosts/$2/new,workdir=$W/hosts/$2/work" none "$root" ||
        die 'no root folder for a host'
    mount -t tmpfs -o mode=755 none "$root/run" && mount -t tmpfs none "$root/tmp" &&
        mount --rbind /dev "$root/dev" && mkdir "$root/run/sshd" || die 'no folders for a host'
    rm -rf "$root/etc/thrivestack" "$root/usr/bin/thrivestack-credential"
    mkdir -p "$root/root/.ssh" && cp "$W/login-key.pub" "$root/root/.ssh/authorized_keys" &&
        chown -R root:root "$root/root/.ssh" && chmod -R go= "$root/root/.ssh"
    sed -i 's|^root:[^:]*:0:0:[^:]*:[^:]*:|root:x:0:0:root:/root:|' "$root/etc/passwd"
    grep -q '^alice:' "$root/etc/passwd" || {
        echo 'alice:x:4001:4001::/home/alice:/bin/sh' >>"$root/etc/passwd"
        echo 'alice:x:4001:' >>"$root/etc/group"
        echo 'alice:*:19000:0:99999:7:::' >>"$root/etc/shadow"
        mkdir -p "$root/home/alice" && chown 4001:4001 "$root/home/alice"
    }
    rm -f "$root"/etc/ssh/ssh_host_*
    rm -f "$root"/etc/ssh/sshd_config.d/*
    chroot "$root" ssh-keygen -A >"$W/ssh-keygen.log" 2>&1 || die 'no host keys'
    ip link add "host$number" type veth peer name uplink || die 'no link to a host'
    unshare --net --pid --mount --uts --fork --kill-child sh -c '
        mount -t proc none "$0/proc" && ip link set lo up && touch "$1" &&
            while [ ! -e "$2" ]; do sleep 0.02; done
        ip address add "10.77.$3.2/24" dev uplink && ip link set uplink up
        exec chroot "$0" /usr/sbin/sshd -D -e -o PermitRootLogin=prohibit-password' \
        "$root" "$W/hosts/$2/up" "$W/hosts/$2/linked" "$number" >"$W/hosts/$2.log" 2>&1 &
    host_pid=$!
    await 20 test -e "$W/hosts/$2/up" || die 'a host does not start'
    inner=$(pgrep -P "$host_pid" | head -n 1)
    ip link set uplink netns "$inner" && ip address add "10.77.$number.1/24" dev "host$number" &&
        ip link set "host$number" up && : >"$W/hosts/$2/linked" || die 'no network for a host'
    echo "$inner" >"$W/hosts/$2.pid"
    printf '%s ansible_host=10.77.%s.2\n' "$2" "$number" >>"$W/inventory"
}

stop_host() {
    kill "$(cat "$W/hosts/$1.pid")"
}

ssh_works() {
    ssh -F none -i "$W/login-key" -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=2 \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@10.77.$1.2" true
}

# ---- the controller

play() {
    playbook=$1
    shift
    (cd "$W/play" && timeout 300 ansible-playbook -i "$W/inventory" "$playbook" "$@")
}

configure() {
    mkdir -p "$W/play/keys" "$W/ansible"
    export LC_ALL=C.UTF-8 ANSIBLE_HOME="$W/ansible" ANSIBLE_COLLECTIONS_PATH="$W/collections" \
        ANSIBLE_COLLECTIONS_PATHS="$W/collections" ANSIBLE_NOCOLOR=1 ANSIBLE_LOCAL_TEMP="$W/ansible/tmp" \
        ANSIBLE_PIPELINING=1 HOME="$W/home/root"
    ansible-galaxy collection install "$TREE/packaging/ansible" -p "$W/collections" >"$W/galaxy.log" 2>&1 ||
        die "the collection cannot be installed: $(tail -n 1 "$W/galaxy.log")"
    {
        printf '[thrivestack:vars]\nansible_user=root\nansible_ssh_private_key_file=%s\n' "$W/login-key"
        printf 'ansible_python_interpreter=/usr/bin/python3\n'
        printf 'ansible_ssh_common_args=-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlMaster=auto -o ControlPersist=60 -o ControlPath=%s/cm-%%h -o ConnectTimeout=3\n' "$W"
        printf '[thrivestack]\n'
    } >"$W/inventory"
    cat >"$W/play/hosts.yml" <<END
- hosts: thrivestack
  gather_facts: true
  roles:
    - role: thrivestack.auth.host
      vars:
        thrivestack_package_files: $(printf '%s\n' "$W"/debs/*.deb | jq -Rnc '[inputs]')
        thrivestack_keys_folder: "{{ playbook_dir }}/keys"
        thrivestack_services: $service_settings
        thrivestack_pam: {sshd: present}
END
    cp "$TREE/packaging/ansible/playbooks/revoke.yml" "$W/play"
}

# keys_file NAME: what `key public` prints for that key.
keys_file() {
    printf '[key %s]\npublic_key = %s\nusers = alice\nservices = sshd\nscopes = user_management\n' \
        "$(cat "$W/keys/$1.id")" "$(grep -v -- ----- "$W/keys/$1.pub.pem" | tr -d '\n')" >"$W/play/keys/$1.conf"
}

set_up() {
    start_issuer
    api_key alices
    api_key bobs
    (cd "$TREE" && sh packaging/build-deb "$W/debs") >"$W/build-deb.log" 2>&1 ||
        die "no packages: $(tail -n 1 "$W/build-deb.log")"
    ssh-keygen -q -t ed25519 -N '' -f "$W/login-key" || die 'no ssh key'
    configure
    keys_file alices
    keys_file bobs
    number=0
    for host in $hosts; do
        number=$((number + 1))
        start_host "$number" "$host"
        await 20 ssh_works "$number" || die "no sshd on host $host: $(tail -n 2 "$W/hosts/$host.log")"
    done
}

# in_host HOST COMMAND...
in_host() {
    inside=$W/hosts/$1/root
    shift
    chroot "$inside" "$@"
}

# token_opens HOST KEY: alice's login by a token of that key.
token_opens() {
    sign "$2" | in_host "$1" pamtester sshd alice authenticate
}

state_of() {
    (cd "$W/hosts/$1/root/etc" && find thrivestack pam.d ssh -type f -exec sha256sum {} + | sort)
}

changes() {
    grep -E '^(one|two|three) ' "$1" | sed 's/.*changed=\([0-9]*\).*/\1/' | tr '\n' ' '
}

# ---- cases

passes_lint() {
    command -v ansible-lint >/dev/null || fail 'ansible-lint is not installed'
    cp "$TREE/packaging/ansible/.ansible-lint" "$W/collections/ansible_collections/thrivestack/auth/"
    (cd "$W/collections/ansible_collections/thrivestack/auth" &&
        ansible-lint --offline --nocolor roles/host playbooks/hosts.yml playbooks/revoke.yml) ||
        fail 'ansible-lint has findings'
}

a_dry_run_changes_nothing() {
    state_of one >"$W/state"
    play hosts.yml --check --diff -l one || fail "status $?"
    state_of one | diff "$W/state" - || fail 'something was changed'
}

trusts_over_all() {
    play hosts.yml || fail "status $?"
    for host in $hosts; do
        token_opens "$host" alices || fail "$host: alice's token"
        token_opens "$host" bobs || fail "$host: the second key's token"
        in_host "$host" grep -q '^auth .*pam_thrivestack' /etc/pam.d/sshd || fail "$host: no line in sshd's stack"
    done
    for number in 1 2 3; do ssh_works "$number" || fail "host $number: no way in by public key"; done
}

a_second_run_changes_nothing() {
    play hosts.yml >"$W/second" || fail "status $?"
    cat "$W/second"
    expect '0 0 0 ' 'changed' changes "$W/second"
}

what_is_not_listed_is_removed() {
    rm "$W/play/keys/bobs.conf"
    cp "$W/hosts/one/root/etc/thrivestack/keys.d/fleet.conf" "$W/hosts/one/root/etc/thrivestack/keys.d/by-hand.conf"
    play hosts.yml || fail "status $?"
    for host in $hosts; do
        refused "$host: a key that is not listed" token_opens "$host" bobs
        token_opens "$host" alices || fail "$host: a key that is listed"
    done
    [ ! -e "$W/hosts/one/root/etc/thrivestack/keys.d/by-hand.conf" ] || fail 'a file with other keys is left'
}

a_mistake_changes_no_host() {
    for host in $hosts; do state_of "$host" >"$W/state.$host"; done
    printf '[key x]\npublic_key = nonsense\n' >"$W/play/keys/broken.conf"
    ! play hosts.yml >"$W/said" || fail 'a broken key was taken'
    grep -q 'fleet.conf:' "$W/said" || fail 'it does not say where the mistake is'
    rm "$W/play/keys/broken.conf"
    ! play hosts.yml -e '{"thrivestack_services": {"sshd": {"scopes": ["a"], "max_age": "soon"}}}' ||
        fail 'a broken policy was taken'
    ! play hosts.yml -e '{"thrivestack_keys_folder": ""}' >"$W/said" || fail 'an empty list was taken'
    grep -q 'nobody could log in by token' "$W/said" || fail 'it does not say what an empty list does'
    for host in $hosts; do state_of "$host" | diff "$W/state.$host" - || fail "$host was changed"; done
}

keeps_what_was_edited_by_hand() {
    sed -i 's/^auth .*pam_thrivestack.so/& debug/' "$W/hosts/two/root/etc/pam.d/sshd"
    ! play hosts.yml >"$W/said" || fail 'a stack that was edited by hand is not reported'
    grep -q 'sshd:[0-9]*: the module is named here already' "$W/said" || fail 'the reason is missing'
    grep -q 'pam_thrivestack.so debug' "$W/hosts/two/root/etc/pam.d/sshd" || fail 'the edit is gone'
    expect '0 0 0 ' 'changed' changes "$W/said"
    sed -i 's/ debug$//' "$W/hosts/two/root/etc/pam.d/sshd"
}

revokes_everywhere_and_names_who_did_not_answer() {
    stop_host three
    id=$(cat "$W/keys/alices.id")
    ! play revoke.yml -e "key_id=$id" >"$W/said" || fail 'a host that is down is not reported'
    cat "$W/said"
    grep -q 'may still be trusted on: three' "$W/said" || fail 'it does not name the host that is down'
    for host in one two; do refused "$host: the revoked key" token_opens "$host" alices; done
    play revoke.yml -e "key_id=$id" -l 'one,two,localhost' | grep -c 'may still be trusted on: three' >"$W/out"
    ! play revoke.yml -e 'key_id=../x' >"$W/said" || fail 'a wrong key id is taken'
    grep -q 'say which key' "$W/said" || fail 'it does not say what is missing'
}

set_up
for name in ${CASES:-passes_lint a_dry_run_changes_nothing trusts_over_all a_second_run_changes_nothing \
    what_is_not_listed_is_removed a_mistake_changes_no_host keeps_what_was_edited_by_hand \
    revokes_everywhere_and_names_who_did_not_answer}; do
    run_case "$name" "$name"
done
finish
