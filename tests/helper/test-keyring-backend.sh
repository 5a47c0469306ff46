#!/bin/sh
# The backend of Python's keyring library, under the real library.
# usage: test-keyring-backend.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
backend=$(cd "$(dirname "$0")/../../packaging/python" && pwd)
"$python" -c 'import keyring' 2>/dev/null || skip_rest 'the keyring backend' 'python3-keyring is not installed'
printf '[host a.example.com]\nusername = alice\n[host b.example.com:8443/team]\n' | conf
token=$(helper token)

# ring EXPRESSION: what it is worth, with the backend beside the others as an entry point would have it.
cat >"$dir/ring.py" <<'PY'
import sys
import keyring, keyring.backends.chainer, keyring.errors
import thrivestack_keyring
class Other(thrivestack_keyring.backend.KeyringBackend):
    priority = 5
    kept = {}
    def get_password(self, service, username):
        return self.kept.get((service, username))
    def set_password(self, service, username, password):
        self.kept[service, username] = password
    def delete_password(self, service, username):
        del self.kept[service, username]
alone = thrivestack_keyring.Keyring()
chain = keyring.backends.chainer.ChainerBackend()
try:
    print(eval(sys.argv[1]))
except keyring.errors.KeyringError as error:
    print(type(error).__name__, error)
    sys.exit(3)
PY
ring() {
    run clean env PYTHONPATH="$backend" PYTHONDONTWRITEBYTECODE=1 THRIVESTACK_CONFIG="$dir/conf" "$python" "$dir/ring.py" "$1"
}
both='(lambda c: c and (c.username, c.password))'
ring "$both(alone.get_credential('https://a.example.com/simple/', None))"
check "a URL without a user" out_is "('alice', '$token')"
ring "$both(alone.get_credential('a.example.com', 'alice'))"
check "a host with its user" out_is "('alice', '$token')"
ring "alone.get_password('https://b.example.com:8443/team/x', 'me')"
check "the password alone" out_is "$token"
for question in "'a.example.com', 'bob'" "'other.example.com', None" "'http://a.example.com', 'alice'" "'Some Application', 'alice'" \
    "'', 'x'" "'--config', 'x'" "'a.example.com.evil.example', None" "'a\\\\0b', None"; do
    ring "alone.get_credential($question)"
    check "nothing for $question" out_is None
    check "and no word: $question" [ ! -s "$dir/err" ]
done
for call in "set_password('a.example.com', 'alice', 'x')" "delete_password('a.example.com', 'alice')"; do
    ring "alone.$call"
    check "it stores nothing: $call" [ "$status" = 3 ]
    check "and says so" out_has 'nothing is stored'
done
ring "(chain.set_password('a.example.com', 'x', 'y'), chain.get_password('a.example.com', 'x'), chain.get_password('https://a.example.com', 'alice'))"
check "beside another backend, which stores and serves what is not ours" out_is "(None, 'y', '$token')"
conf /fault/e503 <<'END2'
[host a.example.com]
END2
forget_cache
ring "alone.get_password('https://a.example.com/', None)"
check "no token can be had: an error of the library" [ "$status" = 3 ]
check "which says why" out_has 503
run clean env PATH=/nonexistent PYTHONPATH="$backend" PYTHONDONTWRITEBYTECODE=1 "$python" -c \
    'import thrivestack_keyring; print(thrivestack_keyring.Keyring().get_password("https://a.example.com", "x"))'
check "without the program: nothing" out_is None
finish
