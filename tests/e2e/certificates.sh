# shellcheck shell=sh disable=SC2154 # lib.sh sets what looks unset.
# Sourced after lib.sh: certificates for names that only this test's /etc/hosts knows. The caller makes $W/ca.

# make_ca NAME: $W/ca/NAME.pem and .key.
make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$W/ca/$1.key" -out "$W/ca/$1.pem" 2>"$W/ca/log"
}

# make_certificate CA HOST BASE: BASE.pem and .key for that host.
make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
        -keyout "$3.key" -out "$W/ca/request" 2>"$W/ca/log" &&
        printf 'subjectAltName = DNS:%s\n' "$2" >"$W/ca/extensions" &&
        openssl x509 -req -in "$W/ca/request" -CA "$W/ca/$1.pem" -CAkey "$W/ca/$1.key" -CAcreateserial \
            -days 2 -extfile "$W/ca/extensions" -out "$3.pem" 2>"$W/ca/log"
}
