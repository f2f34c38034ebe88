"""A peer that a case plays itself, over real sockets: it says what the case wants, right or wrong (docs/PROTOCOL.md)."""

import hashlib
import os
import socket
import struct

import harness
import secured
from forger import ANSWER, CLAIM, EXISTE, HELLO, LINK, NONCE, PESQUISA, PIECE, PING, REQUEST, TRANSFER, Conversation

PONG, GET_HASHES, HASHES, BUSY, KEEPALIVE, BYE = 9, 10, 11, 14, 16, 17
EXACT, WORDS = 1, 2
BUSY_GONE = 2


def header(length, kind, layout=1):
    return struct.pack(">IBBH", length, kind, layout, 0)


def frame(kind, fields):
    return header(len(fields) + 2, kind) + fields + b"\0\0"


class Talk(Conversation):
    """One connection; whatever is awaited on it has a time limit."""

    def __init__(self, sock):
        super().__init__(sock)
        sock.settimeout(harness.LIMIT_S)

    def expect(self, kind):
        """The payload of the next frame that is no KEEPALIVE, which must be of this type."""
        got, payload = self.receive()
        while got == KEEPALIVE:
            got, payload = self.receive()
        harness.same(got, kind, "type of the frame")
        return payload

    def say_raw(self, data):
        """Sends bytes as they are; the other side may have closed already."""
        try:
            self.sock.sendall(data)
        except OSError:
            pass

    def await_end(self):
        """What still comes until the other side closes: (type, payload) of each frame."""
        frames = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionError:
            return frames
        finally:
            self.sock.close()

    def await_bye(self):
        """The reason of the BYE before the end, or none."""
        said = [payload[0] for kind, payload in self.await_end() if kind == BYE]
        return said[-1] if said else None

    def piece(self, content, offset, length, number=1):
        """Asks for a range; the bytes, or the reason of a BUSY."""
        self.send(REQUEST, struct.pack(">I", number) + content + struct.pack(">QI", offset, length))
        data = b""
        while len(data) < length:
            kind, said = self.receive()
            if kind == BUSY:
                return said[4]
            harness.same(kind, PIECE, "type of the frame")
            got_number, at, size = struct.unpack(">IQI", said[:16])
            harness.same((got_number, at), (number, offset + len(data)), "number and offset of the PIECE")
            data += said[18:18 + size]
        return data

    def layer(self, content, pieces):
        """The hashes of all pieces."""
        hashes = []
        while len(hashes) < pieces:
            self.send(GET_HASHES, content + struct.pack(">II", len(hashes), min(4096, pieces - len(hashes))))
            said = self.expect(HASHES)
            count, = struct.unpack(">H", said[36:38])
            hashes += [said[38 + 32 * at:70 + 32 * at] for at in range(count)]
        return hashes


class Entry:
    def __init__(self, name, size, content):
        self.name, self.size, self.content = name, size, content


class Answer(Talk):
    """A connection on which a holder has said EXISTE."""

    def __init__(self, sock, query, entries):
        super().__init__(sock)
        self.query, self.entries = query, entries

    def ping(self, entry, offset, length):
        self.send(PING, self.query + entry.content + struct.pack(">QI", offset, length))

    def await_pong(self, entry, offset, length):
        """The file's bytes of the answer, proven."""
        said = self.expect(PONG)
        got_offset, file_bytes, count = struct.unpack(">QIH", said[32:46])
        harness.same(got_offset, offset, "offset of the PONG")
        proof = [said[46 + 32 * at:78 + 32 * at] for at in range(count)]
        data = said[46 + 32 * count + 6:]
        harness.same(len(data), length, "bytes of the PONG")
        harness.same(root_of_range(entry.size, offset, data[:file_bytes], proof), entry.content, "root of the proof")
        return data[:file_bytes]


class Stranger:
    def __init__(self):
        self.identity = secured.Identity()
        self.identity.door.settimeout(harness.LIMIT_S)
        self.id, self.port = self.identity.id, self.identity.port
        self.address = f"127.0.0.1:{self.port}"
        self.searches = 0

    def close(self):
        self.identity.close()

    def hello(self, purpose):
        return b"mogShare" + struct.pack(">HBBQH", 2, purpose, 0, 0, self.port)

    def connect(self, peer):
        return Talk(self.identity.connect(peer.port))

    def dial(self, peer, purpose):
        """A connection on which both have said HELLO."""
        talk = self.connect(peer)
        talk.send(HELLO, self.hello(purpose))
        talk.expect(HELLO)
        return talk

    def search(self, link, name, kind=EXACT):
        """Says PESQUISA; gives the nonce behind it."""
        nonce = os.urandom(32)
        origin = self.id + b"\0" + struct.pack(">H", self.port) + b"\0"
        link.send(PESQUISA, hashlib.sha256(nonce).digest() + origin + struct.pack(">BBH", 1, kind, len(name)) + name)
        return nonce

    def await_claim(self):
        """The next connection that brings an answer, up to its CLAIM."""
        while True:
            talk = Talk(self.identity.accept())
            purpose = talk.expect(HELLO)[10]
            talk.send(HELLO, self.hello(purpose))
            if purpose == ANSWER:
                return talk, talk.expect(CLAIM)[:32]

    def ask(self, peer, name, kind=EXACT):
        """Searches at this peer alone, and takes its answer."""
        link = self.dial(peer, LINK)
        nonce = self.search(link, name.encode() if isinstance(name, str) else name, kind)
        talk, query = self.await_claim()
        harness.same(query, hashlib.sha256(nonce).digest(), "query id of the CLAIM")
        talk.send(NONCE, nonce)
        said = talk.expect(EXISTE)
        entries, at = [], 43
        for _ in range(struct.unpack(">H", said[41:43])[0]):
            length, = struct.unpack(">H", said[at:at + 2])
            name = said[at + 2:at + 2 + length]
            size, = struct.unpack(">Q", said[at + 2 + length:at + 10 + length])
            entries.append(Entry(name.decode(), size, said[at + 10 + length:at + 42 + length]))
            at += 50 + length
        link.sock.close()
        return Answer(talk.sock, query, entries)

    def fetch(self, peer, entry, offset, length):
        """A range of a file, or the reason of a BUSY."""
        talk = self.dial(peer, TRANSFER)
        try:
            return talk.piece(entry.content, offset, length)
        finally:
            talk.sock.close()


# ---- the hash tree, section 10 --------------------------------------------------------------------------------------

LEAF, PIECE_LEAVES = 16384, 64


def join(left, right):
    return hashlib.sha256(left + right).digest()


def padding(height):
    node = bytes(32)
    for _ in range(height):
        node = join(node, node)
    return node


def root_of(nodes, height, least=1):
    """The root over nodes of this height, filled up to a power of two, at least `least` of them."""
    width = least
    while width < len(nodes):
        width *= 2
    nodes = nodes + [padding(height)] * (width - len(nodes))
    while len(nodes) > 1:
        nodes = [join(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return nodes[0]


def leaves_of(data):
    return [hashlib.sha256(data[at:at + LEAF]).digest() for at in range(0, len(data), LEAF)]


def piece_hash(data):
    """Of a piece of a file of several."""
    return root_of(leaves_of(data), 0, PIECE_LEAVES)


def root_of_range(size, offset, data, proof):
    """The content id to which a proof leads."""
    nodes, first, proof = leaves_of(data), offset // LEAF, list(proof)
    total, height = -(-size // LEAF), 0
    while 1 << height < total:
        last = first + len(nodes) - 1
        if first % 2 == 1:
            nodes.insert(0, proof.pop(0))
            first -= 1
        if last % 2 == 0:
            nodes.append(proof.pop(0) if (last + 1) << height < total else padding(height))
        nodes = [join(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
        first //= 2
        height += 1
    harness.same((len(nodes), len(proof)), (1, 0), "nodes and hashes left over")
    return nodes[0]
