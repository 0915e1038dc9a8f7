# SPDX-License-Identifier: BSD-3-Clause
# Addresses, default route and the GRE tunnels of the branch.
ip address add "$WAN/24" dev eth0
ip link set eth0 up
ip route add default via "$GATEWAY"

ip link add lan type dummy
ip address add "$LAN/24" dev lan
ip link set lan up

add_tunnel() {      # add_tunnel NAME HUB ADDRESS
    ip link add "$1" type gre local "$WAN" remote "$2" ttl 64
    ip link set "$1" mtu "$TUNNEL_MTU" multicast on up
    ip address add "$3/30" dev "$1"
}
add_tunnel gre-a "$HUB_A" "$TUNNEL_A"
add_tunnel gre-b "$HUB_B" "$TUNNEL_B"
