/* tests/vectors/documented-key.pub.pem, for targets that may depend on no file. */
#ifndef TS_DOCUMENTED_KEY_H
#define TS_DOCUMENTED_KEY_H

static const char documented_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAni6CpVBjaDxHctYJFNyp\n"
    "sQalOOWMRnVX8sebckq43c1RdTTBCiwdMFq6mRbjcAcgsyLlKlVEhzSWi7LYwupH\n"
    "H80tD0YwAWay5HPczqmriqMGSvQhzKViij24nU9hYbmUuOreEcT9kKNAwNTrQGpn\n"
    "c0ez39IXaAZGAAzKya/wx4ZJM7v/282+ORm/25Un7Xq2L6adQ2IoFSS68GkWKzMk\n"
    "CpJ+E0s97pwMnL53E/gt9rRVqT1U2XUxNMmHcnGwyJVFc/ZUml/DjBCrgED6fdED\n"
    "iVYDoEo7b+o9rtoLLqsGa5OuMqK3q5MXrj+9esAByurSVNxRCsuu1xyWbb41Q+E0\n"
    "KwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

#endif
