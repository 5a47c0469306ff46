"""A backend of the keyring library: it asks thrivestack-credential for a token.

It answers for hosts with a [host] section in credential.conf(5), and stores nothing.
"""

import json
import subprocess

from keyring import backend, credentials, errors

PROGRAM = "thrivestack-credential"
NOT_OURS = (1, 64)  # no section serves it; it is neither a URL nor a host


class NotStored(errors.PasswordSetError, errors.PasswordDeleteError, NotImplementedError):
    """Where there are other backends, the next one is tried."""


class Keyring(backend.KeyringBackend):
    """Before the backends that keep passwords, because a kept token has expired."""

    priority = 9

    def get_credential(self, service, username):
        words = [PROGRAM, "keyring", "--mode=creds", "--output=json", "get", service]
        if service.startswith("-"):
            return None
        try:
            done = subprocess.run(
                words + ([username] if username else []),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except (FileNotFoundError, ValueError):
            return None
        if done.returncode in NOT_OURS:
            return None
        if done.returncode != 0:
            raise errors.KeyringError(done.stderr.strip())
        found = json.loads(done.stdout)
        return credentials.SimpleCredential(found["username"], found["password"])

    def get_password(self, service, username):
        found = self.get_credential(service, username)
        return found.password if found else None

    def set_password(self, service, username, password):
        raise NotStored("tokens are fetched when they are needed: nothing is stored")

    def delete_password(self, service, username):
        raise NotStored("tokens are fetched when they are needed: nothing is stored")
