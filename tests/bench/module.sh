# shellcheck shell=sh disable=SC2034,SC2154 # The callers use and set what looks unused or unset.
# Sourced by tests/bench/run: the module against a bare verification and other modules, in process and
# in nginx. Needs the helper's key, and a token in its cache.

set_up_host() {
    mkdir -p "$prefix/run"
    mkdir -m 755 "$folder/host" "$folder/host/pam.d"
    # Where nginx's worker can read it, wherever the tree is.
    cp "$(find "$prefix" -name pam_thrivestack.so)" "$folder/host/module.so"
    cp "$key_file.pub.pem" "$folder/host/key.pem"
    cat >"$folder/host/policy.conf" <<END
[service thrivestack]
scopes = user_management

[service bound]
scopes   = user_management
bound_to = bound.example.com

[key $key_id]
public_key = key.pem
users      = benchmark
services   = thrivestack bound
scopes     = user_management
END
    stack thrivestack "$folder/host/module.so policy=$folder/host/policy.conf"
    stack bound "$folder/host/module.so policy=$folder/host/policy.conf"
    stack unix pam_unix.so
    stack exec 'pam_exec.so quiet expose_authtok /bin/true'
    stack permit pam_permit.so
    stack other pam_deny.so
    chmod 644 "$folder/host/module.so" "$folder/host/key.pem" "$folder/host/policy.conf"
    "$helper" token >"$folder/answer"
    "$helper" token --for bound.example.com >"$folder/answer.bound"
    printf 'correct horse battery staple\n' >"$folder/answer.unix"
    # A user of our own, seen only in here, with a yescrypt password as Debian makes them.
    password=$(perl -e 'print crypt("correct horse battery staple", q($y$j9T$F5Jx5fExrKuPp53xLKQ..1))')
    { cat /etc/passwd; echo 'benchmark:x:64999:64999::/nonexistent:/bin/false'; } >"$folder/passwd"
    { cat /etc/shadow; echo "benchmark:$password:19000:0:99999:7:::"; } >"$folder/shadow"
    chmod 600 "$folder/shadow" "$folder"/answer*
}

# stack SERVICE MODULE: of one auth line; account for nginx, which asks for it.
stack() {
    printf 'auth required %s\naccount required pam_permit.so\n' "$2" >"$folder/host/pam.d/$1"
}

# on_host COMMAND...: on a machine that has that user and those services, and no network. Its folder
# for the module's files is a tmpfs, as /run is.
on_host() {
    # shellcheck disable=SC2016 # The inner shell expands.
    unshare -m -n --propagation private sh -c '
        folder=$1 run=$2
        shift 2
        mount -t tmpfs -o mode=755 none "$run" &&
        mount --bind "$folder/passwd" /etc/passwd && mount --bind "$folder/shadow" /etc/shadow &&
        mount --bind "$folder/host/pam.d" /etc/pam.d && ip link set lo up && exec "$@"' sh "$folder" "$prefix/run" "$@"
}

compare_module() {
    theirs=$(value "$1" 2 "$folder/module")
    row 'module, one authentication' "$2" "$(ratio "$ours" "$theirs")" "$3" "$(us $((ours / 1000)) $((theirs / 1000)))"
    bar 'authentication' "$2" "$((theirs / 1000))" "$4"
}

measure_module() {
    on_host "$bench/module-times" "$((runs / 10 + 1))" benchmark "$folder/answer" /etc/pam.d \
        rsa2048:50 thrivestack:50 bound:50 exec:5 unix:1 >"$folder/module" || die 'the module could not be measured'
    ours=$(value thrivestack 2 "$folder/module")
    compare_module rsa2048 'a bare RSA-2048 verification' 10 yardstick
    bar 'authentication' 'pam_thrivestack' "$((ours / 1000))" ours
    bound=$(value bound 2 "$folder/module")
    row 'module, a bound token: its proof' 'the token without it' "$(ratio $((bound - ours)) "$ours")" - \
        "$(us $(((bound - ours) / 1000)) $((ours / 1000)))"
    bar 'authentication' 'pam_thrivestack, a bound token' "$((bound / 1000))" ours
    compare_module exec 'pam_exec with /bin/true' - other
    compare_module unix 'pam_unix with yescrypt' 0.01 other
}

# collected FUNCTION SERVICE: what callgrind counts in it during one run, once everything is loaded.
collected() {
    # shellcheck disable=SC2016 # The inner shell expands.
    on_host valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$1" \
        "$bench/module-times" "$3" benchmark "$folder/answer" /etc/pam.d "$2:1" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}

# The second authentication: the first also loads what stays loaded.
measure_module_instructions() {
    i_ours=$(($(collected pam_sm_authenticate thrivestack 2) - $(collected pam_sm_authenticate thrivestack 1)))
    i_rsa=$(($(collected EVP_DigestVerify rsa2048 2) - $(collected EVP_DigestVerify rsa2048 1)))
    row 'module: instructions (callgrind)' 'a bare RSA-2048 verification' "$(ratio "$i_ours" "$i_rsa")" - "$i_ours / $i_rsa"
}

bench_module() {
    heading 'the module'
    set_up_host
    measure_module
    measure_module_instructions
}

# ---- nginx, one worker process, which auth_pam blocks while it asks

write_nginx_conf() {
    mkdir -m 755 "$folder/nginx" "$folder/nginx/html"
    echo 'hello' >"$folder/nginx/html/index.html"
    cat >"$folder/nginx/nginx.conf" <<END
load_module /usr/lib/nginx/modules/ngx_http_auth_pam_module.so;
user www-data;
worker_processes 1;
daemon off;
pid $folder/nginx/pid;
error_log $folder/nginx/error.log error;
events { }
http {
    access_log off;
    client_body_temp_path $folder/nginx/body;
    proxy_temp_path $folder/nginx/proxy;
    fastcgi_temp_path $folder/nginx/fastcgi;
    uwsgi_temp_path $folder/nginx/uwsgi;
    scgi_temp_path $folder/nginx/scgi;
    server {
        listen 127.0.0.1:8080;
        root $folder/nginx/html;
        location = /off/ { rewrite ^ /index.html break; }
        location = /permit/ { auth_pam on; auth_pam_service_name permit; rewrite ^ /index.html break; }
        location = /thrivestack/ { auth_pam on; auth_pam_service_name thrivestack; rewrite ^ /index.html break; }
    }
}
END
    # The token is in a file, as arguments are for all to see.
    printf 'wrk.headers["Authorization"] = "Basic %s"\n' \
        "$(printf 'benchmark:%s' "$(cat "$folder/answer")" | base64 -w 0)" >"$folder/nginx/wrk.lua"
    chmod 600 "$folder/nginx/wrk.lua"
}

# Inside: prints `NAME <TAB> requests a second` for each round, the locations in turn.
cat >"$folder/drive-nginx" <<'END'
folder=$1
nginx -c "$folder/nginx/nginx.conf" -e "$folder/nginx/error.log" &
nginx_pid=$!
until curl -s -o /dev/null http://127.0.0.1:8080/off/; do kill -0 "$nginx_pid" || exit 1; sleep 0.1; done
for round in 1 2 3 4 5; do
    for location in off permit thrivestack; do
        wrk -t1 -c4 -d1s -s "$folder/nginx/wrk.lua" "http://127.0.0.1:8080/$location/" >"$folder/nginx/wrk.out"
        if grep -E 'Non-2xx|Socket errors' "$folder/nginx/wrk.out" >&2; then
            curl -sS -o /dev/null -w "%{http_code} at $location\n" http://127.0.0.1:8080/$location/ >&2
            tail -n 3 "$folder/nginx/error.log" >&2
            exit 1
        fi
        awk -v name="$location" '/^Requests\/sec/ { printf "%s\t%d\n", name, $2 }' "$folder/nginx/wrk.out"
    done
done
kill "$nginx_pid" && wait "$nginx_pid"
END

# per_second LOCATION: the median.
per_second() {
    value "$1" 2 "$folder/rates" | sort -n | sed -n 3p
}

bench_nginx() {
    heading 'nginx, requests a second, one worker'
    write_nginx_conf
    on_host sh "$folder/drive-nginx" "$folder" >"$folder/rates" || die 'nginx could not be measured'
    on=$(per_second thrivestack)
    permit=$(per_second permit)
    off=$(per_second off)
    row 'auth_pam with the module' 'auth_pam with pam_permit' "$(ratio "$on" "$permit")" 0.65 "$on / $permit" least
    row '' 'no auth_pam' "$(ratio "$on" "$off")" - "$on / $off"
    bar 'nginx' 'auth_pam with pam_thrivestack' "$on" ours
    bar 'nginx' 'auth_pam with pam_permit' "$permit" other
    bar 'nginx' 'no auth_pam' "$off" yardstick
}
