"""A name server of one socket: a table of names, changed by the test."""

import socket
import struct
import threading

NXDOMAIN, SERVFAIL, REFUSED, SILENT = 3, 2, 5, "silent"


class NameServer:
    """`table[name]` is a list of IPv4 addresses, an rcode, or SILENT."""

    def __init__(self, **table):
        self.table = {}
        self.ttl = 1
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def resolver(self):
        return f"resolver 127.0.0.1:{self.port} valid=1s ipv6=off;"

    def stop(self):
        self.stopping.set()
        self.thread.join(5)
        self.socket.close()

    def _serve(self):
        while not self.stopping.is_set():
            try:
                query, client = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            answer = self._answer(query)
            if answer is not None:
                self.socket.sendto(answer, client)

    def _answer(self, query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        asked = query[12:at + 5]
        self.asked.append((name, kind))
        found = self.table.get(name, NXDOMAIN)
        if found == SILENT:
            return None
        if isinstance(found, int):
            return query[:2] + struct.pack("!HHHHH", 0x8180 | found, 1, 0, 0,
                                           0) + asked
        records = [socket.inet_aton(a) for a in found] if kind == 1 else []
        return (query[:2]
                + struct.pack("!HHHHH", 0x8180, 1, len(records), 0, 0) + asked
                + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, self.ttl,
                                                     4) + r for r in records))
