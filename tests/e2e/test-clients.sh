#!/bin/sh
# A private package for each client, by the real one: from a registry behind nginx with auth_pam, or one
# that wants Bearer; wired up by `setup`, as the pages of packaging/recipes say.
# usage: test-clients.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2015,SC2016 # `a && b || fail` is meant so, and quotes that another shell opens.
. "$(dirname "$0")/lib.sh"
want_tree=yes
builds=$(dirname "$3")
e2e_enter "$@"
recipes='kubectl cargo go pip npm bazel terraform run'
# shellcheck source=tests/e2e/pages.sh
. "$SOURCE/pages.sh"
# shellcheck source=tests/e2e/certificates.sh
. "$SOURCE/certificates.sh"

site=packages.example.com

# ---- the servers

set_up_policy() {
    start_issuer
    api_key laptop
    {
        printf '[service packages]\nscopes = user_management\n\n'
        key_section laptop alice
    } >"$CONF/policy.conf"
    printf 'auth required @MODULE@\naccount required pam_permit.so\n' | stack packages
}

# server NAME PORT ROOT LINE...
server() {
    printf 'server {\n    listen 127.0.0.1:%s ssl;\n    server_name %s;\n    root %s;\n' "$2" "$1" "$3"
    printf '    ssl_certificate %s.pem;\n    ssl_certificate_key %s.key;\n    default_type application/json;\n    types { text/html html; }\n' \
        "$W/ca/$1" "$W/ca/$1"
    shift 3
    printf '    %s\n' "$@" '}'
}
files='try_files $uri $uri/index.json $uri/index.html =404;'
bearer='if ($http_authorization !~ "^Bearer eyJ[^~]*$") { return 401; }'

set_up_servers() {
    printf '127.0.0.1 %s\n' "$site" modules.example.com k8s.example.com api.example.com >>/etc/hosts
    mkdir "$W/ca" && make_ca public && cat "$W/ca/public.pem" >>/etc/ssl/certs/ca-certificates.crt || return 1
    for name in "$site" modules.example.com k8s.example.com api.example.com; do
        make_certificate public $name "$W/ca/$name" || return 1
    done
    /usr/bin/python3 "$SOURCE/make-packages.py" "$W/www" "https://$site" && chmod -R a+rX "$W/www" || return 1
    {
        server "$site" 443 "$W/www" "location / { @AUTH_PAM packages@ $files }" \
            'location /upload/ { @AUTH_PAM packages@ proxy_pass http://127.0.0.1:5001; }'
        server modules.example.com 443 "$W/www" \
            "location = /.well-known/terraform.json { return 200 '{\"modules.v1\": \"/modules/\"}'; }" \
            "location = /modules/team/demo/local/1.0.0/download { $bearer
                add_header X-Terraform-Get https://modules.example.com/files/demo.tar.gz; return 204; }" \
            "location /modules/ { $bearer $files }"
        server k8s.example.com 6443 "$W/www/kubernetes" "location / { $bearer $files }"
        server api.example.com 443 "$W/www" "location / { $bearer return 200 'the report\n'; }"
    } | start_nginx
    /usr/bin/python3 -c '
import http.server, sys
class Upload(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        open(sys.argv[1], "wb").write(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 5001), Upload).serve_forever()' "$W/uploaded" 2>"$W/upload.log" &
    for port in 443 6443 5001; do
        await 10 port_is_open $port || return 1
    done
}

# ---- alice's laptop

# A tmpfs hides the system's folder for programs that are not for PATH, and has ours.
set_up_laptop() {
    user alice 4001 alice-password
    install_key alice laptop '[host api.example.com]' 'auth = bearer'
    mount -t tmpfs -o mode=755 none /usr/libexec && ln -s "$PREFIX/libexec/thrivestack" /usr/libexec/thrivestack || return 1
    cp "$W/ca/public.pem" "$W/public.pem"
    cp -r "$TREE/packaging/python" "$W/python" && chmod -R a+rX "$W/python"
}

# file NAME TEXT: in alice's home.
file() {
    mkdir -p "$(dirname "$W/home/alice/$1")" && printf '%b' "$2" >"$W/home/alice/$1" &&
        chown -R alice:alice "$W/home/alice"
}

# on_laptop COMMAND...: as alice, in $folder of her home.
on_laptop() {
    file "$folder/.keep" ''
    (cd "$W/home/alice/$folder" && as alice env NODE_EXTRA_CA_CERTS="$W/public.pem" PATH="$BIN:$W/bin:/usr/local/bin:/usr/bin:/bin" \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt CHECKPOINT_DISABLE=1 GOTOOLCHAIN=local GOFLAGS=-modcacherw PYTHONDONTWRITEBYTECODE=1 "$@")
}

# no_login COMMAND...: the same fails before `setup`.
no_login() {
    on_laptop "$@" >"$W/out" 2>&1 && fail 'it needs no login'
    ! grep -q eyJ "$W/out" || fail 'a token in what it prints'
}
carried() { grep -rqs -- "$2" "$W/home/alice/$1" || fail "nothing in $1 is $2"; }
is_logged() { logged 'reason=ok user=alice service=packages '; }
undone() { on_laptop thrivestack-credential setup "$1" "$2" --remove --yes >"$W/out" 2>&1 || fail "--remove: $(tail -n 1 "$W/out")"; }

# at_least VERSION WANTED
at_least() { printf '%s\n' "$2" "$1" | sort -VC; }

# ---- the clients

with_cargo() {
    folder=cargo
    file .cargo/config.toml "[registries.corp]\nindex = \"sparse+https://$site/index/\"\n"
    file cargo/Cargo.toml '[package]\nname = "mine"\nversion = "1.0.0"\nedition = "2018"\n[dependencies]\ndemo = {version = "1", registry = "corp"}\n'
    file cargo/src/lib.rs ''
    no_login cargo fetch
    run_block on_laptop cargo
    carried .cargo/registry 'carried by cargo'
    is_logged
    undone cargo "$site"
}

with_go() {
    folder=go
    file go/go.mod 'module mine\n\ngo 1.24\n\nrequire go.example.com/demo v1.0.0\n'
    no_login env GOPROXY="https://$site/go" GONOSUMDB=go.example.com go mod download
    run_block on_laptop go
    carried go 'carried by go'
    is_logged
    expect "$BIN/thrivestack-credential goauth; netrc" 'go env' on_laptop go env GOAUTH
    undone go "$site"
}

with_pip() {
    folder=pip
    run_block on_laptop pip
    carried pip 'carried = '
    is_logged
    undone pip "$site"
}

# The library's backend, which no variable has to name once it is installed.
with_backend() {
    folder=backend
    on_laptop /usr/bin/python3 -m pip install --no-index --no-build-isolation --no-deps --target site "$W/python-copy" ||
        fail 'it cannot be installed'
    no_login /usr/bin/python3 -m pip download --no-deps --index-url "https://$site/simple" demo
    on_laptop thrivestack-credential setup pip "$site" --yes && undone pip "$site"
    file .config/thrivestack/credential.conf.d/own.conf "[host $site]\n"
    on_laptop env PYTHONPATH=site /usr/bin/python3 -m pip download --no-deps --index-url "https://$site/simple" demo ||
        fail 'pip'
    [ -s "$W/home/alice/backend/demo-1.0-py3-none-any.whl" ] || fail 'nothing came'
    is_logged
}

with_twine() {
    folder=twine
    file .config/thrivestack/credential.conf.d/own.conf "[host $site]\n"
    mkdir -p "$W/home/alice/twine/dist" "$W/home/alice/twine/packaging"
    cp "$W/www/simple/files"/* "$W/home/alice/twine/dist" && cp -r "$W/python" "$W/home/alice/twine/packaging/python"
    run_block on_laptop twine
    grep -q 'carried' "$W/uploaded" || fail 'nothing arrived'
    is_logged
}

with_pnpm() {
    folder=npm
    file npm/package.json '{"name": "mine", "version": "1.0.0"}'
    no_login pnpm add demo --registry "https://$site/npm/"
    run_block on_laptop pnpm
    carried npm/node_modules 'carried by pnpm'
    is_logged
    undone npm "$site/npm"
}

with_kubectl() {
    folder=kubectl
    file .kube/config "apiVersion: v1
kind: Config
current-context: work
contexts: [{name: work, context: {cluster: work, user: nobody}}]
clusters: [{name: work, cluster: {server: 'https://k8s.example.com:6443'}}]
users: [{name: nobody, user: {}}]
"
    no_login kubectl get nodes
    run_block on_laptop kubectl
    grep -q carried-by-kubectl "$W/out" || fail 'no node'
    # A token with a proof is sent, too, which this server does not take.
    file .config/thrivestack/credential.conf.d/k8s.example.com_3a6443.conf '[host k8s.example.com:6443]\nbound = yes\n'
    no_login kubectl get nodes
}

with_terraform() {
    folder=terraform
    file terraform/main.tf 'module "demo" {\n  source  = "modules.example.com/team/demo/local"\n  version = "1.0.0"\n}\n'
    no_login terraform init
    run_block on_laptop terraform
    carried terraform/.terraform 'by terraform'
    undone terraform modules.example.com
}

# No Bazel runs here: what its configuration names is asked by hand.
with_bazel() {
    folder=bazel
    run_block on_laptop bazel
    program=$(sed -n "s/^common --credential_helper=$site=//p" "$W/home/alice/.bazelrc")
    printf '{"uri": "https://%s/simple/files/demo-1.0-py3-none-any.whl"}' "$site" >"$W/question"
    (folder=bazel && as alice "$program" get <"$W/question") >"$W/answer" || fail 'it fails'
    jq -r '.headers.Authorization[0] | "Authorization: \(.)"' "$W/answer" |
        curl -sf --cacert "$W/public.pem" -H @- -o /dev/null "https://$site/simple/demo/" || fail 'the header is not taken'
    is_logged
    undone bazel "$site"
}

with_run() {
    folder=run
    run_block on_laptop run
    [ "$(grep -c '^the report$' "$W/out")" = 2 ] || fail 'no report'
}

# ---- who is there

# has NAME COMMAND: whether alice can start it.
has() { (folder=x && on_laptop sh -c 'command -v "$0" >/dev/null' "$1") || ! skipped_block "$2" "$1 is not installed"; }
# skipped_block NAME WHY: counts as run.
skipped_block() { [ -z "$1" ] || echo "$1" >>"$W/used"; skip "$1" "$2"; }

set_up_policy
set_up_servers || die 'the servers cannot be set up'
set_up_laptop || die 'the laptop cannot be set up'
pnpm=$builds/npm/node_modules/pnpm/bin/pnpm.cjs
[ ! -e "$pnpm" ] || { cp -r "${pnpm%/bin/*}" "$W/pnpm" && chmod -R a+rX "$W/pnpm" && ln -s "$W/pnpm/bin/pnpm.cjs" "$W/bin/pnpm"; }
cp -r "$W/python" "$W/python-copy" && chown -R alice "$W/python-copy"
version_of() { (folder=x && on_laptop "$@" 2>/dev/null) | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

if has cargo cargo; then
    if at_least "$(version_of cargo --version)" 1.74; then run_case cargo with_cargo
    else skipped_block cargo 'cargo before 1.74 knows no credential providers'; fi
fi
if has go go; then
    if at_least "$(version_of go version)" 1.24; then run_case go with_go
    else skipped_block go 'go before 1.24 does not know GOAUTH'; fi
fi
if has pip pip; then
    if at_least "$(version_of pip --version)" 23.1; then run_case pip with_pip
    else skipped_block pip 'pip before 23.1 does not start keyring'; fi
    if /usr/bin/python3 -c 'import keyring, setuptools, wheel' 2>/dev/null; then run_case pip_with_the_library with_backend
    else skip pip_with_the_library 'python3-keyring, python3-setuptools or python3-wheel is not installed'; fi
fi
! has twine twine || run_case twine with_twine
! has pnpm pnpm || run_case pnpm with_pnpm
if can_kubectl; then run_case kubectl with_kubectl
else skipped_block kubectl "$kubectl_why"; fi
! has terraform terraform || run_case terraform with_terraform
run_case bazel with_bazel
run_case run with_run
run_case covered covered
finish
