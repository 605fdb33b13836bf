"""Stands between gateways and a Redis, and makes trouble: late, cut, mixed up
or broken replies, and what is no reply at all."""

import selectors
import socket
import struct
import threading
import time

# What a trouble may give for what Redis said, instead of bytes.
RESET, CLOSE, HANG = "reset", "close", "hang"


class Between:
    """Between(server): an address of its own.  `trouble` is called with what
    Redis sends and gives what goes on: bytes, or several parts of which
    numbers are seconds to wait; None: nothing of it."""

    def __init__(self, server, trouble=None):
        self.server, self.trouble = server, trouble
        self.connections = 0
        self.open = set()
        self.said = b""                 # by gateways
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        self.open |= {client, server}
        try:
            server.connect(self.server.unixsocket)
            self._relay(client, server)
        except OSError:
            pass                        # either went away
        finally:
            self.open -= {client, server}
            client.close()
            server.close()

    def _relay(self, client, server):
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            selector.register(server, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if key.fileobj is client:
                        self.said += data
                        server.sendall(data)
                    elif not self._pass(client, data):
                        return

    def _pass(self, client, data):
        """Goes the connection on?"""
        trouble = self.trouble
        parts = data if trouble is None else trouble(data)
        for part in parts if isinstance(parts, (list, tuple)) else (parts,):
            if part == RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
                return False
            if part == CLOSE:
                return False
            if part == HANG:
                while client.recv(65536):
                    pass                # until the gateway gives it up
                return False
            if isinstance(part, (int, float)):
                time.sleep(part)
            elif part is not None:
                client.sendall(part)
        return True

    def cut(self):
        """Ends all of its connections."""
        for one in list(self.open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
