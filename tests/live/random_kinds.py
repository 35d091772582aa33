# SPDX-License-Identifier: MIT
"""The kinds of random_sockets.py: each makes one or more sockets, held or left to the kernel, with
the Maker's choice of place, user, options and what waits in the queues."""
import array
import os
import socket
import struct
import time

V4, V6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
LINGER2, DEFER_ACCEPT, MPTCP, UDPLITE = 8, 9, 262, 136


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def tcp_bound(m):
    place = m.place()
    m.keep(m.bound(place[0], place[1], STREAM))


def tcp_listen(m):
    m.keep(m.listener(m.place()))


def tcp_established(m):
    client, served = m.pair()
    m.unread(client, served)
    m.keep(client), m.keep(served)


def tcp_unaccepted(m):
    place = m.place()
    listener = m.keep(m.listener(place))
    for _ in range(m.rng.randrange(1, 3)):
        client = m.keep(m.connect(listener, place), 2)
        m.unread(client)


def tcp_syn_sent(m):
    family, address = m.rng.choice(((V4, "10.9.0.77"), (V6, "fd09::77")))
    sock = m.open(family, STREAM)
    sock.setblocking(False)
    sock.connect_ex((address, m.rng.randrange(1, 65536)))
    m.keep(sock)


def tcp_syn_recv(m):
    """A SYN from a host that will never answer, or a handshake that waits for data."""
    if m.rng.random() < .5:
        place = m.place()
        listener = m.bound(place[0], place[1], STREAM)
        listener.setsockopt(socket.IPPROTO_TCP, DEFER_ACCEPT, 200)
        listener.listen(16)
        m.keep(m.keep(listener) and m.connect(listener, place), 2)
        return
    family, address = m.rng.choice(((V4, "10.9.0.1"), (V4, "0.0.0.0"), (V6, "::")))
    listener = m.bound(family, address, STREAM)
    listener.listen(64)
    m.keep(listener)
    raw = socket.socket(V4, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for _ in range(m.rng.randrange(1, 4)):
        source, target = socket.inet_aton("10.9.0.77"), socket.inet_aton("10.9.0.1")
        fields = (m.rng.randrange(1024, 65536), listener.getsockname()[1], m.rng.randrange(1 << 32))
        tcp = struct.pack("!HHIIBBHHH", *fields, 0, 0x50, 2, 65535, 0, 0)
        total = checksum(source + target + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)
        tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 6, 0, source, target)
        raw.sendto(head + tcp, ("10.9.0.1", 0))
        m.made += 1
    raw.close()


def tcp_half_closed(m):
    client, served = m.pair()
    m.unread(client, served)
    client.shutdown(m.rng.choice((socket.SHUT_WR, socket.SHUT_WR, socket.SHUT_RD)))
    m.keep(client), m.keep(served)


def tcp_fin_wait_2_orphan(m):
    """Of more than 60 s it stays a socket, of less it becomes a small TIME-WAIT entry."""
    client, served = m.pair()
    client.setsockopt(socket.IPPROTO_TCP, LINGER2, m.rng.choice((50, 119)))
    m.unread(client)
    m.gone(client), m.keep(served)


def tcp_fin_wait_1(m):
    client, served = m.pair(small=True)
    m.fill(client)
    if m.rng.random() < .5:
        m.gone(client)
    else:
        client.shutdown(socket.SHUT_WR)
        m.keep(client)
    m.keep(served)


def tcp_closing(m):
    client, served = m.pair(small=True)
    m.fill(client)
    if m.rng.random() < .5:
        m.gone(client)
    else:
        client.shutdown(socket.SHUT_WR)
        m.keep(client)
    served.shutdown(socket.SHUT_WR)
    m.keep(served)


def tcp_last_ack(m):
    client, served = m.pair(small=True)
    m.fill(served)
    client.shutdown(socket.SHUT_WR)
    m.keep(client)
    time.sleep(.002)
    if m.rng.random() < .5:
        m.gone(served)
    else:
        served.shutdown(socket.SHUT_WR)
        m.keep(served)


def tcp_time_wait(m):
    client, served = m.pair()
    first, second = m.rng.sample((client, served), 2)
    first.close()
    time.sleep(.001)
    m.gone(second)


def mptcp(m):
    client, served = m.pair(proto=MPTCP)
    m.unread(client, served)
    m.keep(client), m.keep(served)


def datagram(m, proto=0):
    place = m.place()
    sock = m.bound(place[0], place[1], DGRAM, proto)
    if m.rng.random() < .3:
        try:
            sock.connect(socket.getaddrinfo(place[2], m.rng.randrange(1, 65536), place[0])[0][4])
        except OSError:
            pass  # the address is of another family than the socket's
    m.keep(sock)
    if m.rng.random() < .5:
        return
    client = m.open(place[3], DGRAM, proto)
    if place[3] == V6:
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    target = socket.getaddrinfo(place[2], sock.getsockname()[1], place[3])[0][4]
    if m.rng.random() < .6:
        client.connect(target)
    for _ in range(m.rng.randrange(3)):
        try:
            client.sendto(bytes(m.rng.randrange(1400)), target) if m.rng.random() < .5 else \
                client.send(bytes(9))
        except OSError:
            break
    m.keep(client)


def udplite(m):
    datagram(m, UDPLITE)


def icmp(m):
    family, address = m.rng.choice(((V4, "127.0.0.1"), (V4, "0.0.0.0"), (V6, "::1")))
    proto = socket.IPPROTO_ICMP if family == V4 else socket.IPPROTO_ICMPV6
    m.keep(m.bound(family, address, DGRAM, proto))


def raw(m):
    family, address = m.rng.choice(((V4, "127.0.0.1"), (V4, "0.0.0.0"), (V6, "::1"), (V6, "::"),
                                    (V4, "10.9.0.1")))
    sock = m.bound(family, address, socket.SOCK_RAW, m.rng.choice((2, 47, 89, 103, 132, 253, 255)))
    if m.rng.random() < .3:
        sock.connect(("127.0.0.1" if family == V4 else "::1", 0))
    m.keep(sock)


def odd_name(m):
    """Bytes of every sort; never what begins a row of ss, so that its output can be cut."""
    pieces = (b"\0", b"\n", b"\t", b"\x1b[31m", b"\xff", b"\x80", b" ", b"*", b"\\", b'"', "é€😀".encode(),
              b"\xc2\x85", b"%s", b"@", b"\x7f", b"sock", b"/", b"1 2", b"\xe2\x82")
    name = b"".join(m.rng.choice(pieces) for _ in range(m.rng.randrange(1, 9)))
    return name[:60] + b"-%x" % m.rng.randrange(1 << 40)


def unix_address(m):
    """None (unnamed), "" (the kernel's own), abstract, or a path in odd spellings."""
    choice = m.rng.randrange(5)
    if choice == 0:
        return None
    if choice == 1:
        return ""
    if choice == 2:
        name = b"\0" + odd_name(m)
        return name + bytes(m.rng.randrange(3)) if m.rng.random() < .9 else name.ljust(108, b"x")
    name = odd_name(m).replace(b"\0", b"").replace(b"/", b"|")
    return name if choice == 3 else os.fsencode(m.folder) + b"/" + name


def unix_one(m):
    kind = m.rng.choice((STREAM, DGRAM, socket.SOCK_SEQPACKET))
    address, sock = unix_address(m), m.open(UNIX, kind)
    if address is not None:
        sock.bind(address)
    m.keep(sock)
    if address is None:
        return
    if kind == DGRAM:
        if m.rng.random() < .5:
            client = m.keep(m.open(UNIX, kind))
            client.connect(sock.getsockname())
            m.unread(client)
    elif m.rng.random() < .9:
        sock.listen(8)
        for _ in range(m.rng.randrange(3)):
            client = m.keep(m.open(UNIX, kind))
            client.connect(sock.getsockname())
            m.unread(client)
            if m.rng.random() < .5:
                m.keep(sock.accept()[0])
            else:
                m.made += 1
    if isinstance(address, bytes) and address[0] and m.rng.random() < .3:
        os.unlink(address)


def unix_pair(m):
    pair = socket.socketpair(UNIX, m.rng.choice((STREAM, DGRAM, socket.SOCK_SEQPACKET)))
    m.unread(*pair)
    for sock in pair:
        if m.rng.random() < .2:
            sock.shutdown(m.rng.choice((socket.SHUT_RD, socket.SHUT_WR)))
        if m.rng.random() < .1:
            sock.close()
        else:
            m.keep(sock)


def in_flight(m):
    """Sockets whose only holder is a message that nobody has read."""
    near, far = socket.socketpair(UNIX, STREAM)
    fds = array.array("i", [m.listener(m.place()).detach() for _ in range(m.rng.randrange(1, 4))])
    near.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    for fd in fds:
        os.close(fd)
        m.made += 1
    m.keep(near), m.keep(far)


def packet(m):
    proto = m.rng.choice((0x0800, 0x88cc, 0x86dd))
    sock = socket.socket(socket.AF_PACKET, m.rng.choice((socket.SOCK_RAW, DGRAM)), socket.htons(proto))
    if m.rng.random() < .5:
        sock.bind(("d0", proto))
    m.keep(sock)


def netlink(m):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, m.rng.choice((0, 4, 9, 15, 16)))
    sock.bind((0, m.rng.choice((0, 1))))
    m.keep(sock)


KINDS = {tcp_bound: 6, tcp_listen: 8, tcp_established: 12, tcp_unaccepted: 6, tcp_syn_sent: 6, tcp_syn_recv: 6,
         tcp_half_closed: 6, tcp_fin_wait_2_orphan: 5, tcp_fin_wait_1: 5, tcp_closing: 5, tcp_last_ack: 5,
         tcp_time_wait: 6, mptcp: 2, datagram: 16, udplite: 4, icmp: 3, raw: 8, unix_one: 16, unix_pair: 8,
         in_flight: 2, packet: 2, netlink: 2}
