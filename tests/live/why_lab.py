# SPDX-License-Identifier: MIT
"""Small networks that are broken on purpose, for the tests of berth why."""
import concurrent.futures
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
# what a network that cannot be built here says: the kernel's word, a shell's of a tool that not every
# machine has (a misspelt word is no reason to skip), a container's /sys
CANNOT = ("not supported", "No such file", "Unknown device type", "iptables-legacy: not found",
          "iptables-nft: not found", "iptables: not found", "bridge: not found", "tc: not found",
          "Read-only file system")
USER = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
numbers = itertools.count()

SERVER = """
import ctypes, os, signal, socket, struct, sys, time
def tcp(port=8080, host="0.0.0.0", backlog=8, **options):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for name, value in options.items():
        level = {"TCP": 6, "SO_": 1, "IP_": 0, "IPV": 41}[name[:3]]
        s.setsockopt(level, getattr(socket, name), value)
    s.bind((host, port))
    if backlog is not None:
        s.listen(backlog)
    return s
def udp(port=5353, host="0.0.0.0"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((host, port))
    return s
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attr):
    buffer = ctypes.create_string_buffer(attr.ljust(144, b"\\0"), 144)
    fd = libc.syscall(321, command, buffer, 144)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return fd
def load(kind, attach, *code):
    code = b"".join(struct.pack("<BBhi", *c) for c in code)
    code = ctypes.create_string_buffer(code)
    gpl = ctypes.create_string_buffer(b"GPL")
    return bpf(5, struct.pack("<IIQQIIQII16sII", kind, len(code) // 8, ctypes.addressof(code),
                              ctypes.addressof(gpl), 0, 0, 0, 0, 0, b"test_prog", 0, attach))
def attach(prog, target, kind, rest=b""):
    return bpf(28, struct.pack("<IIII", prog, target, kind, 0) + rest)
RETURN = lambda value: ((0xb7, 0, 0, value), (0x95, 0, 0, 0))
def ready():
    print(os.getpid(), flush=True)
def stay():
    time.sleep(600)
"""


def run(*command, check=True, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def end_all(name):
    """End what a server has forked, or a shell that is gone has begun, in the namespace called @name."""
    for pid in run("ip", "netns", "pids", name, check=False).split():
        try:
            pidfd = os.pidfd_open(int(pid))
        except ProcessLookupError:
            continue
        try:
            # Since it was listed the pid may have become another's, of another case even. And another
            # case's berth that looks into all namespaces is listed while it is in this one.
            lives = os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat(f"/run/netns/{name}").st_ino
            if lives and not os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("berth"):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except OSError:
            pass
        finally:
            os.close(pidfd)


class Net:
    """The namespaces of one case; gone at the end of the with block."""

    def __init__(self, berth):
        self.berth = berth
        self.tag = f"bwl{os.getpid()}x{next(numbers)}"
        self.roles, self.processes, self.cgroups = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        for role in self.roles:
            end_all(f"{self.tag}-{role}")
            run("ip", "netns", "del", f"{self.tag}-{role}", check=False)
        for path in self.cgroups:
            try:
                os.rmdir(path)
            except OSError:
                pass

    def inside(self, role, *command):
        return ["nsenter", f"--net=/run/netns/{self.tag}-{role}", "--", *command]

    def host(self, role):
        if role in self.roles:
            return
        run("ip", "netns", "add", f"{self.tag}-{role}")
        self.roles.append(role)
        self.sh(role, "ip link set lo up; cd /proc/sys/net/ipv4; echo 1 >tcp_syn_retries; "
                "for i in conf/*/rp_filter icmp_ratelimit; do echo 0 >$i; done; "
                "for i in ../ipv6/conf/*/accept_dad; do echo 0 >$i; done; true")

    def sh(self, role, script):
        """@name in the script is the namespace of role name."""
        for other in self.roles:
            script = script.replace(f"@{other} ", f"{self.tag}-{other} ")
        return run(*self.inside(role, "sh", "-ec", script))

    def nft(self, role, rules):
        run(*self.inside(role, "nft", "-f", "-"), input=rules)

    def link(self, a, a_dev, a_host, b, b_dev, b_host, number):
        self.host(a)
        self.host(b)
        run("ip", "-n", f"{self.tag}-{a}", "link", "add", a_dev, "type", "veth", "peer", "name",
            b_dev, "netns", f"{self.tag}-{b}")
        for role, dev, host in ((a, a_dev, a_host), (b, b_dev, b_host)):
            self.sh(role, f"ip addr add 10.66.{number}.{host}/24 dev {dev}; "
                    f"ip addr add fd66:{number}::{host}/64 dev {dev} nodad; ip link set {dev} up; "
                    f"echo 250 >/proc/sys/net/ipv4/neigh/{dev}/retrans_time_ms")

    def direct(self):
        """c 10.66.1.2 - s 10.66.1.3"""
        self.link("c", "eth0", 2, "s", "eth0", 3, 1)
        return "10.66.1.3"

    def routed(self):
        """c 10.66.1.2 - r 10.66.1.1, 10.66.2.1 - s 10.66.2.2"""
        self.link("c", "eth0", 2, "r", "eth0", 1, 1)
        self.link("r", "eth1", 1, "s", "eth0", 2, 2)
        for role, number in (("c", 1), ("s", 2)):
            self.sh(role, f"ip route add default via 10.66.{number}.1; "
                    f"ip -6 route add default via fd66:{number}::1")
        self.sh("r", "echo 1 >/proc/sys/net/ipv4/ip_forward; "
                "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        return "10.66.2.2"

    def switched(self, *roles):
        """Every role on a bridge in namespace b: 10.66.1.2, 10.66.1.3 ..."""
        self.host("b")
        self.sh("b", "ip link add br0 type bridge forward_delay 0; ip link set br0 up")
        for number, role in enumerate(roles, 2):
            self.host(role)
            self.sh(role, f"ip link add eth0 type veth peer name p{role} netns @b ")
            self.sh("b", f"ip link set p{role} master br0 up")
            self.sh(role, f"ip addr add 10.66.1.{number}/24 dev eth0; ip link set eth0 up; "
                    "echo 250 >/proc/sys/net/ipv4/neigh/eth0/retrans_time_ms")
        return "10.66.1.3"

    def start(self, role, code, before=()):
        """A program (python, with the helpers of SERVER) once it has said ready(); its pid."""
        process = subprocess.Popen(self.inside(role, *before, PYTHON, "-c", SERVER + code),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        line = process.stdout.readline()
        if not line.strip():
            raise RuntimeError(process.stderr.read()[-300:])
        return int(line)

    def cgroup(self):
        mounts = [l.split()[1] for l in open("/proc/mounts") if l.split()[2] == "cgroup2"]
        path = f"{mounts[0]}/{self.tag}"
        os.mkdir(path)
        self.cgroups.append(path)
        return path

    def why(self, role, words, vantage, before=()):
        who = USER if vantage == "user" else []
        scope = "all" if vantage == "all" else "self"
        command = self.inside(role, *before, *who, self.berth, "why", "--json", "--netns", scope, *words)
        done = subprocess.run(command, capture_output=True, text=True, timeout=90,
                              stdin=subprocess.DEVNULL)
        start = done.stdout.find('{"schema"')
        if start < 0:
            return None, f"exit {done.returncode}: {done.stderr[-300:]}"
        return json.JSONDecoder().raw_decode(done.stdout[start:])[0], done.stdout[start:]


def client(code):
    """A command for `why -- COMMAND`: a program in python with the helpers of SERVER."""
    return ["--", PYTHON, "-c", SERVER + code]


def check(berth, case):
    want, vantage, word, build = case
    name = build.__doc__ or build.__name__.replace("_", " ")
    try:
        with Net(berth) as net:
            asked = build(net)
            role, words, before = (*asked, ())[:3]
            answer, text = net.why(role, words, vantage, before)
    except (RuntimeError, OSError, IndexError, subprocess.TimeoutExpired) as error:
        reason = str(error).strip().replace("\n", " ")[-200:]
        if any(sign in reason for sign in CANNOT):
            return f"ok - {want}: {name} # SKIP this machine cannot: {reason}"
        return f"not ok - {want}: {name}: {reason}"
    if not answer:
        return f"not ok - {want}: {name}: {text}"
    said = [answer["cause"], *(a["cause"] for a in answer["also"])]
    if answer["cause"] != want.removeprefix("also ") and not (want[:5] == "also " and want[5:] in said):
        return f"not ok - {want}: {name}: said {said} {answer['says']}"
    if word and word not in text:
        return f"not ok - {want}: {name}: does not name {word}"
    return f"ok - {want}: {name} ({answer['certainty']})"


def try_case(berth, case):
    """A case of its own assertions: its first line of documentation is its name."""
    try:
        with Net(berth) as net:
            case(net)
    except (AssertionError, RuntimeError, OSError, KeyError, TypeError, IndexError,
            subprocess.TimeoutExpired) as error:
        reason = f"{type(error).__name__} {error}".strip().replace("\n", " ")[-600:]
        return f"not ok - {case.__doc__}: {reason}"
    return f"ok - {case.__doc__}"


def run_cases(cases, tools):
    return run_all(cases, tools, lambda case: case.__name__, try_case)


def main(cases, tools):
    return run_all(cases, tools, lambda case: case[0], check)


def run_all(cases, tools, name_of, run_one):
    if os.geteuid():
        print("1..0 # SKIP needs root for network namespaces")
        return 77
    for tool in ("ip", "nsenter", "setpriv", *tools):
        if not shutil.which(tool):
            print(f"1..0 # SKIP needs {tool}")
            return 77
    only = sys.argv[1:]
    work = tempfile.mkdtemp()
    try:
        os.chmod(work, 0o755)
        berth = shutil.copy(os.path.abspath(os.environ.get("BERTH", "build/berth")), work)
        chosen = [c for c in cases if not only or name_of(c) in only]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            lines = list(pool.map(lambda c: run_one(berth, c), chosen))
    finally:
        shutil.rmtree(work)
    print("\n".join(lines))
    return 1 if any(line.startswith("not ok") for line in lines) else 0
