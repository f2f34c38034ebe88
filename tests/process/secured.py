"""What a peer that a case plays itself needs to be heard: TLS, through `tls_relay`, which is a peer to others and plain bytes here."""

import os
import socket
import struct
import subprocess

import harness

RELAY = os.path.join(os.path.dirname(os.path.abspath(os.environ["MOGSHARE"])), "tls_relay")


class Identity:
    """A key, and the door that others reach it by."""

    def __init__(self):
        self.door = socket.create_server(("127.0.0.1", 0))
        self.relay = subprocess.Popen([RELAY, str(self.door.getsockname()[1])], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        id_text, port, plain = self.relay.stdout.readline().split()
        self.id, self.port, self.plain = bytes.fromhex(id_text.decode()), int(port), int(plain)

    def close(self):
        self.door.close()
        self.relay.stdin.close()
        self.relay.stdout.close()
        self.relay.wait(harness.LIMIT_S)

    def connect(self, port):
        """To the peer at this port; a connection that fails is one that ends."""
        sock = socket.create_connection(("127.0.0.1", self.plain))
        sock.sendall(struct.pack(">H", port))
        return sock

    def accept(self):
        """The next connection, once secured."""
        sock, _ = self.door.accept()
        sock.recv(32, socket.MSG_WAITALL)  # who it is
        return sock
