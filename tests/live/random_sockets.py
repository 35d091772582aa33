#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""random_sockets.py SEED COUNT FOLDER: at least COUNT sockets of every kind that Linux has names
for, as the seed has it, in processes of several users that share them by fork and by SCM_RIGHTS.
Prints "ready COUNT" and stays until stdin closes. Needs root in namespaces of its own; the caller
ran prepare() there. tests/live/random-vs-ss compares what berth and ss say of them."""
import array
import ctypes
import errno
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

from random_kinds import KINDS, STREAM, UNIX, V4, V6

PROCESSES = 12
LIBC = ctypes.CDLL(None)


def prepare():
    """Addresses, and timers so long that no state ends during the test."""
    for words in ("link set lo up", "link add d0 type veth peer name d1", "link set d0 addrgenmode none",
                  "addr add 10.9.0.1/24 dev d0", "addr add fd09::1/64 dev d0 nodad",
                  "addr add fe80::9/64 dev d0 nodad", "link set d0 up", "link set d1 up",
                  "neigh add 10.9.0.77 lladdr 02:00:00:00:00:01 dev d0",
                  "neigh add fd09::77 lladdr 02:00:00:00:00:01 dev d0"):
        subprocess.run(["ip", *words.split()], check=True)
    for name, value in (("tcp_syn_retries", 12), ("tcp_synack_retries", 12), ("tcp_fin_timeout", 120),
                        ("tcp_orphan_retries", 15), ("tcp_max_syn_backlog", 4096),
                        ("ping_group_range", "0 2147483647")):
        with open("/proc/sys/net/ipv4/" + name, "w", encoding="ascii") as file:
            file.write(str(value))


class Maker:
    """One process's sockets."""

    def __init__(self, rng, folder):
        self.rng, self.folder = rng, folder
        self.held, self.made, self.skipped = [], 0, set()

    def keep(self, sock, count=1):
        """Hold it; one in ten changes hands by fchown()."""
        if self.rng.random() < .1:
            os.fchown(sock.fileno(), self.rng.randrange(3000), -1)
        self.held.append(sock)
        self.made += count
        return sock

    def gone(self, sock):
        """A socket that lives on in the kernel."""
        sock.close()
        self.made += 1

    def open(self, family, kind, proto=0):
        """As one of several users."""
        LIBC.setfsuid(self.rng.choice((0, 0, 0, 1, 33, 1000, 65534, 70000)))
        try:
            sock = socket.socket(family, kind, proto)
        finally:
            LIBC.setfsuid(0)
        if family == V6 and kind != socket.SOCK_RAW:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(self.rng.random() < .3))
        if self.rng.random() < .1:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, self.rng.randrange(1, 1 << 31))
        return sock

    def place(self):
        """(family, address to bind to, address to connect to, family to connect from)"""
        return self.rng.choice((
            (V4, "127.0.0.1", "127.0.0.1", V4), (V4, "127.77.0.3", "127.77.0.3", V4),
            (V4, "0.0.0.0", "127.0.0.9", V4), (V4, "10.9.0.1", "10.9.0.1", V4),
            (V6, "::1", "::1", V6), (V6, "::", "::1", V6), (V6, "fd09::1", "fd09::1", V6),
            (V6, "fe80::9%d0", "fe80::9%d0", V6), (V6, "::ffff:127.0.0.1", "127.0.0.1", V4),
            (V6, "::", "127.0.0.1", V4), (V6, "::ffff:127.0.0.1", "::ffff:127.0.0.1", V6)))

    def bound(self, family, address, kind, proto=0, small=False):
        sock = self.open(family, kind, proto)
        if "." in address or address == "::":
            if family == V6 and kind != socket.SOCK_RAW:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if small:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                sock.setsockopt(socket.SOL_SOCKET, option, 4096)
        if not small and address in ("0.0.0.0", "127.0.0.1", "::1") and self.rng.random() < .2:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        sock.bind(socket.getaddrinfo(address, 0, family, kind, 0)[0][4] if kind != socket.SOCK_RAW
                  else socket.getaddrinfo(address, 0, family)[0][4])
        return sock

    def listener(self, place, proto=0, small=False):
        sock = self.bound(place[0], place[1], STREAM, proto, small)
        sock.listen(self.rng.choice((1, 5, 128, 4096)))
        return sock

    def connect(self, listener, place, proto=0, small=False):
        sock = self.open(place[3], STREAM, proto)
        if place[3] == V6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if small:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                sock.setsockopt(socket.SOL_SOCKET, option, 4096)
        sock.connect(socket.getaddrinfo(place[2], listener.getsockname()[1], place[3])[0][4])
        return sock

    def pair(self, small=False, proto=0):
        """(client, served); the listener stays, or is closed."""
        place = self.place()
        listener = self.listener(place, proto, small)
        client = self.connect(listener, place, proto, small)
        served, _ = listener.accept()
        if self.rng.random() < .3:
            listener.close()
        else:
            self.keep(listener)
        return client, served

    def fill(self, sock):
        sock.setblocking(False)
        for _ in range(200):
            try:
                sock.send(bytes(2000))
            except BlockingIOError:
                break

    def unread(self, *socks):
        for sock in socks:
            if self.rng.random() < .3:
                sock.send(bytes(self.rng.randrange(1, 1500)))


def make(m, count):
    # Every kind once, then by weight.
    order = list(KINDS)
    while m.made < count:
        kind = order.pop() if order else m.rng.choices(list(KINDS), list(KINDS.values()))[0]
        if kind in m.skipped:
            continue
        try:
            kind(m)
        except OSError as error:
            # What this kernel or namespace cannot make; a port that another socket took.
            if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EAFNOSUPPORT):
                m.skipped.add(kind)
            elif error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
                raise


def share(m, inbox, outbox):
    """Hand some to the next process, which may or may not take them."""
    for sock in m.rng.sample(m.held, len(m.held) // 20):
        outbox.sendmsg([b"s"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sock.fileno()]))])
    time.sleep(.3)
    inbox.setblocking(False)
    for _ in range(m.rng.randrange(8)):
        try:
            _, ancillary, _, _ = inbox.recvmsg(1, socket.CMSG_SPACE(4))
        except BlockingIOError:
            break
        for _, _, data in ancillary:
            m.held.append(socket.socket(fileno=struct.unpack("i", data[:4])[0]))


def name_process(m):
    """Names as a program may give itself."""
    name = m.rng.choice((b"plain", b"two words", b"par(en)s", b'qu"ote', b"\xc3\xa9t\xc3\xa9", b"es\x1b[1mc", b"tab\there"))
    LIBC.prctl(15, ctypes.c_char_p(name), 0, 0, 0)


def wait_for(go):
    """Until the first process ends; its end of the pipe closes with it."""
    while os.read(go, 1):
        pass
    os._exit(0)


def process(seed, number, count, folder, boxes, pipes):
    rng = random.Random(f"{seed} {number}")
    m = Maker(rng, folder)
    name_process(m)
    make(m, count)
    inbox, outbox = boxes[number - 1][1], boxes[number][0]
    share(m, inbox, outbox)
    for _ in range(rng.choice((0, 0, 1, 3))):
        if os.fork() == 0:
            os.close(pipes["done"][1])
            for sock in rng.sample(m.held, len(m.held) // 2):
                sock.close()
            wait_for(pipes["go"][0])
    os.write(pipes["done"][1], struct.pack("I", m.made))
    os.close(pipes["done"][1])
    wait_for(pipes["go"][0])


def main():
    seed, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    os.chdir(folder)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    boxes = [socket.socketpair(UNIX, STREAM) for _ in range(PROCESSES)]
    pipes = {"go": os.pipe(), "done": os.pipe()}
    for number in range(PROCESSES):
        if os.fork() == 0:
            os.close(pipes["go"][1])
            try:
                process(seed, number, count // PROCESSES + 1, folder, boxes, pipes)
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc()
            os._exit(1)
    os.close(pipes["done"][1])
    made = 0
    for _ in range(PROCESSES):
        word = os.read(pipes["done"][0], 4)
        if len(word) < 4:
            sys.exit("a process failed")
        made += struct.unpack("I", word)[0]
    print(f"ready {made}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
