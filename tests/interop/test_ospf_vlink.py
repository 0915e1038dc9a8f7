# SPDX-License-Identifier: BSD-3-Clause
"""Virtual links (RFC 2328 section 15) with FRR at their other end, and FRR or the hub as the router
between. All interfaces are in area 1 but for the loopbacks: the hub's is in area 2, those of the
routers that stand for the backbone in area 0.

    hub .1 wan --- 10.1.1.0/30 --- ptp .2 [way] back .1 --- 10.2.2.0/30 --- back .2 [far]
     |                                                                               |
     lan 192.168.10.2 --- sw (bridge) -------------------------- 192.168.10.4 lan ---+
"""
import json

from lab import wait_until
from ospf_lab import HUB_ID, WAIT, OspfHub, Peer, config, peers as _peers
from segment import Segment, hub_fixtures, segment_fixture

WAY_ID, FAR_ID, LOW_ID = "10.255.255.3", "10.255.255.4", "10.255.255.1"
HUB_LOOPBACK, WAY_LOOPBACK, FAR_LOOPBACK = "172.20.2.1", "172.20.3.1", "172.20.4.1"
LAN_COST = 50   # by the LAN; by way of the third router it is 20
KEYS = {3: "first-secret", 4: "second-secret"}


class VlinkSegment(Segment):
    SITES = ("sw", "hub-a", "way", "far")
    LAN = {"hub-a": "lan", "far": "lan"}
    NO_IPV6 = SITES

    def wire(self):
        self.veth("way", "ptp", "hub-a", "wan")
        self.veth("way", "back", "far", "back")


def linked(vlink=None, **ospf):
    """@vlink: options of the virtual link to @router_id of it; None: there is none."""
    if vlink:
        ospf["areas"] = {"1": {"virtual-links": [
            {"hello-seconds": 1, "dead-seconds": 4, "retransmit-seconds": 2, **vlink}]}}
    c = config(lan={"area": "1", "network": "point-to-point", "cost": LAN_COST},
               wan={"area": "1", "network": "point-to-point", "cost": 10},
               ospf={"lsa-hold-ms": 100, "lsa-max-ms": 200, **ospf}, **{"key-chains": {
                   f"key-{number}": {"keys": {str(number): {"algorithm": "md5", "secret": secret}}}
                   for number, secret in KEYS.items()}})
    c["interfaces"]["loopback0"] = {"address": [f"{HUB_LOOPBACK}/32"], "ospf": {"area": "2"}}
    return c


def without_ospf():
    c = linked()
    del c["router"]
    return c


segment = segment_fixture(VlinkSegment, "v")
module_hub, hub = hub_fixtures(OspfHub, without_ospf)
peers = _peers


class Router(Peer):
    """FRR. @links: {interface: (address, cost, area)}; @loopback: (address, area)."""

    def __init__(self, segment, name, router_id, links, loopback, router=""):
        conf = (f"frr defaults traditional\nhostname {name}\nrouter ospf\n"
                f" ospf router-id {router_id}\n timers throttle spf 10 50 200\n"
                f" timers throttle lsa all 100\n timers lsa min-arrival 50\n{router}!\n")
        net = f"ip address replace {loopback[0]}/32 dev lo\n"
        for link, (address, cost, area) in links.items():
            conf += (f"interface {link}\n ip ospf area {area}\n ip ospf network point-to-point\n"
                     f" ip ospf cost {cost}\n ip ospf hello-interval 1\n"
                     " ip ospf dead-interval 4\n ip ospf retransmit-interval 2\n!\n")
            net += f"ip address replace {address} dev {link}\nip link set {link} up\n"
        conf += f"interface lo\n ip ospf area {loopback[1]}\n!\n"
        super().__init__(segment, name, {"frr.conf": conf}, net)

    def routes(self):
        """{prefix: kind} of what its OSPF has computed."""
        found = json.loads(self.vtysh("show ip ospf route json"))
        return {p: r.get("routeType", "").strip() for p, r in found.items() if "/" in p}


def vlink_lines(to, key=None):
    """Of FRR's configuration: a virtual link, with a key."""
    lines = [f"area 1 virtual-link {to}",
             f"area 1 virtual-link {to} hello-interval 1 retransmit-interval 2 dead-interval 4"]
    if key:
        lines += [f"area 1 virtual-link {to} authentication message-digest",
                  f"area 1 virtual-link {to} message-digest-key {key} md5 {KEYS[key]}"]
    return lines


def password_lines(to, password):
    return [f"area 1 virtual-link {to} authentication",
            f"area 1 virtual-link {to} authentication-key {password}"]


def text(lines):
    return "".join(f" {line}\n" for line in lines)


def way(segment, area=1, back=1, lines=()):
    """@area of its loopback; @back: area of its link to the router far."""
    return Router(segment, "way", WAY_ID, {"ptp": ("10.1.1.2/30", 10, 1),
                                           "back": ("10.2.2.1/30", 10, back)},
                  (WAY_LOOPBACK, area), text(lines))


def far(segment, router_id=FAR_ID, back=1, lines=()):
    return Router(segment, "far", router_id, {"back": ("10.2.2.2/30", 10, back),
                                              "lan": ("192.168.10.4/24", LAN_COST, 1)},
                  (FAR_LOOPBACK, 0), text(lines))


def codes(hub):
    """{prefix: (code, next hop)} of OSPF's routes in force."""
    return {r["prefix"]: (r["code"], r["next_hops"][0].get("via")) for r in
            hub.show("ip-route")["routes"] if r["protocol"] == "ospf" and r["installed"]}


def expect(get, wanted, what):
    """@wanted is within get(); None: not there."""
    def there():
        got = get()
        return all(got.get(k) == v for k, v in wanted.items())
    wait_until(there, WAIT, lambda: f"{what}: {get()}, wanted {wanted}")


def link_of(hub, router_id):
    return hub.interface(f"vl1-{router_id}")


def far_end(hub, router_id):
    """The neighbour at the other end of the virtual link, who may be one on the LAN as well."""
    return next((n for n in hub.show("ip-ospf-neighbor")["neighbors"]
                 if n["interface"] == f"vl1-{router_id}"), {})


def wait_full(hub, router_id):
    expect(lambda: far_end(hub, router_id), {"state": "Full"}, "the virtual link")


def pings(segment, site, source, destination):
    wait_until(lambda: segment.exec(site, "ping", "-c", "1", "-W", "1", "-I", source, destination,
                                    check=False).returncode == 0, WAIT,
               f"{site}: {source} reaches {destination}")


def test_over_a_third_router(hub, segment, peers):
    """The hub's area 2 hangs on FRR's backbone through area 1, and the hub leads the exchange of
    databases. The way between them becomes dearer, and another one is taken; is lost,
    and comes again; the key differs, and changes; the virtual link goes."""
    far_id = LOW_ID
    hub.push(linked({"router-id": far_id, "key-chain": "key-3"}))
    there = peers(way(segment), far(segment, far_id, lines=vlink_lines(HUB_ID, 3)))
    middle, end = there
    wait_full(hub, far_id)
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O", "10.1.1.2")}, "the backbone's network")
    for router in there:
        expect(router.routes, {f"{HUB_LOOPBACK}/32": "N IA"}, "area 2")
    link = link_of(hub, far_id)
    assert (link["cost"], link["key"]["id"], link["retransmit_ms"]) == (20, 3, 2000), link
    shown = hub.cli("-c", f"show ip ospf interface vl1-{far_id}").stdout
    assert "virtual-link" in shown and far_id in shown, shown
    pings(segment, "far", FAR_LOOPBACK, HUB_LOOPBACK)

    changes = far_end(hub, far_id)["changes"]
    middle.vtysh("configure", "interface back", "ip ospf cost 100")
    expect(lambda: link_of(hub, far_id), {"cost": LAN_COST}, "the cost by the LAN")
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O", "192.168.10.4")}, "by the LAN")
    expect(lambda: far_end(hub, far_id), {"address": "192.168.10.4"}, "its address there")
    end.vtysh("configure", "interface lan", "ip ospf cost 200")
    pings(segment, "far", FAR_LOOPBACK, HUB_LOOPBACK)
    middle.vtysh("configure", "interface back", "ip ospf cost 10")
    end.vtysh("configure", "interface lan", f"ip ospf cost {LAN_COST}")
    expect(lambda: link_of(hub, far_id), {"cost": 20}, "the cost as before")
    assert far_end(hub, far_id)["changes"] == changes, "another way, the same neighbour"

    segment.ip("far", "link", "set", "dev", "lan", "down")
    segment.ip("far", "link", "set", "dev", "back", "down")
    wait_until(lambda: far_end(hub, far_id).get("state", "Down") == "Down", WAIT, "no way is left")
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": None}, "nor to the backbone's network")
    for name in ("lan", "back"):
        segment.ip("far", "link", "set", "dev", name, "up")
    wait_full(hub, far_id)
    expect(end.routes, {f"{HUB_LOOPBACK}/32": "N IA"}, "area 2 again")

    refused = hub.refused().get("auth-key", 0)
    hub.push(linked({"router-id": far_id, "key-chain": "key-4"}))
    wait_until(lambda: hub.refused().get("auth-key", 0) > refused, WAIT, "another key is refused")
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O IA", "10.1.1.2")},
           "without a neighbour in the backbone the summary in area 1 counts (RFC 3509)")
    end.vtysh("configure", "router ospf",
              f"area 1 virtual-link {HUB_ID} message-digest-key 4 md5 {KEYS[4]}")
    wait_full(hub, far_id)
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O", "10.1.1.2")}, "with the other key")

    end.vtysh("configure", "router ospf", f"no area 1 virtual-link {HUB_ID}")
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O IA", "10.1.1.2")}, "the summary")
    # No adjacency makes a border router of RFC 3509, but an interface of the backbone.
    hub.push(linked())
    expect(end.routes, {f"{HUB_LOOPBACK}/32": None}, "area 2 is cut off")


def test_hub_between(hub, segment, peers):
    """The virtual link is one of two FRRs, and the hub the router between them."""
    c = linked()
    del c["interfaces"]["loopback0"]
    hub.push(c)
    segment.ip("far", "link", "set", "dev", "back", "down")
    left, right = peers(way(segment, area=2, lines=vlink_lines(FAR_ID, 3)),
                        far(segment, lines=vlink_lines(WAY_ID, 3)))
    segment.ip("far", "link", "set", "dev", "back", "down")
    expect(left.routes, {f"{FAR_LOOPBACK}/32": "N"}, "the backbone")
    expect(right.routes, {f"{WAY_LOOPBACK}/32": "N IA"}, "area 2")
    expect(lambda: codes(hub), {f"{FAR_LOOPBACK}/32": ("O IA", "192.168.10.4"),
                                f"{WAY_LOOPBACK}/32": ("O IA", "10.1.1.2")}, "both, in area 1")
    pings(segment, "way", WAY_LOOPBACK, FAR_LOOPBACK)
    segment.ip("far", "link", "set", "dev", "back", "up")


def test_shorter_way(hub, segment, peers):
    """Both FRRs have a part of the backbone; the virtual link leads over the LAN, which is dear,
    and FRR leads the exchange. What is in the backbone is reached straight through area 1 (section
    16.3), or by the virtual link's way if that is not wanted. Its packets have a password."""
    vlink = {"router-id": FAR_ID, "authentication-key": "horse"}
    hub.push(linked({**vlink, "authentication-key": "another"}))
    refused = hub.refused().get("auth-failed", 0)
    middle, end = peers(way(segment, area=0, back=0), far(
        segment, back=0, lines=vlink_lines(HUB_ID) + password_lines(HUB_ID, "horse")))
    wait_until(lambda: hub.refused().get("auth-failed", 0) > refused, WAIT, "another password")
    hub.push(linked(vlink))
    wait_full(hub, FAR_ID)
    prefix = f"{WAY_LOOPBACK}/32"
    expect(lambda: codes(hub), {prefix: ("O", "10.1.1.2")}, "straight")
    assert [a["transit"] for a in hub.show("ip-ospf")["areas"]] == [False, True, False]
    for transit, via in ((False, "192.168.10.4"), (True, "10.1.1.2")):
        hub.push(linked(vlink, **{"capability-transit": transit}))
        expect(lambda: codes(hub), {prefix: ("O", via)}, f"transit is {transit}")
    for router in (middle, end):
        expect(router.routes, {f"{HUB_LOOPBACK}/32": "N IA"}, "area 2")
    pings(segment, "way", WAY_LOOPBACK, HUB_LOOPBACK)
