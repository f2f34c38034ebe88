"""A peer that answers every search with a file it does not have, and sends other bytes (docs/PROTOCOL.md says how)."""

import hashlib
import struct
import threading

import secured

LINK, ANSWER, TRANSFER = 1, 2, 3
HELLO, ENTRADA, ROWS, PESQUISA, CLAIM, NONCE, EXISTE, PING, REQUEST, PIECE = 1, 2, 3, 4, 5, 6, 7, 8, 12, 13


class Conversation:
    def __init__(self, sock):
        self.sock = sock

    def send(self, kind, fields, bulk=b""):
        payload = fields + b"\0\0" + bulk  # an empty extension block
        self.sock.sendall(struct.pack(">IBBH", len(payload), kind, 1, 0) + payload)

    def receive(self):
        """The next frame as (type, payload)."""
        length, kind, _, _ = struct.unpack(">IBBH", self._exactly(8))
        return kind, self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data


class Forger:
    def __init__(self, name, content):
        """Claims to hold `name`, with the id of `content` (one leaf at most) and other bytes."""
        self.identity = secured.Identity()
        self.id, self.port = self.identity.id, self.identity.port
        self.name, self.size = name.encode(), len(content)
        self.served = b"\xee" * self.size
        self.content = hashlib.sha256(content).digest()
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def entries(self):
        size = struct.pack(">Q", self.size)
        return [struct.pack(">H", len(self.name)) + self.name + size + self.content + size]

    def close(self):
        self.identity.close()

    def _accept(self):
        while True:
            try:
                sock = self.identity.accept()
            except OSError:
                return
            threading.Thread(target=self._quietly, args=(self._serve, sock), daemon=True).start()

    def _quietly(self, what, *given):
        try:
            what(*given)
        except OSError:
            pass

    def _hello(self, purpose):
        return b"mogShare" + struct.pack(">HBBQH", 2, purpose, 0, 0, self.port)

    def _serve(self, sock):
        with sock:
            talk = Conversation(sock)
            kind, said = talk.receive()
            purpose = said[10]
            talk.send(HELLO, self._hello(purpose))
            while True:
                kind, said = talk.receive()
                if kind == ENTRADA:
                    talk.send(ROWS, struct.pack(">H", 0))
                elif kind == PESQUISA:
                    port, = struct.unpack(">H", said[65:67])  # family 0: the originator itself
                    threading.Thread(target=self._quietly, args=(self._answer, said[:32], port), daemon=True).start()
                elif kind == REQUEST:
                    number, = struct.unpack(">I", said[:4])
                    talk.send(PIECE, struct.pack(">IQI", number, 0, self.size), self.served)

    def _answer(self, query, port):
        with self.identity.connect(port) as sock:
            talk = Conversation(sock)
            talk.send(HELLO, self._hello(ANSWER))
            talk.send(CLAIM, query)
            while talk.receive()[0] != NONCE:
                pass
            entries = self.entries()
            talk.send(EXISTE, query + struct.pack(">BHHIH", 1, 1, 0, len(entries), len(entries)) + b"".join(entries))
            while talk.receive()[0] != PING:  # it could not be answered truly: the answer stays unranked
                pass
