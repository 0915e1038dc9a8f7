# Addresses, default route and GRE tunnel of the branch.
ip address add "$LOCAL_WAN/24" dev eth0
ip link set eth0 up
ip route add default via "$LOCAL_GATEWAY"

ip link add lan type dummy
ip address add "$LOCAL_LAN/24" dev lan
ip link set lan up

# GRE_OPTIONS unquoted on purpose: several words.
ip link add gre1 type gre local "$LOCAL_WAN" remote "$REMOTE_WAN" ttl 64 $GRE_OPTIONS
ip link set gre1 mtu "$TUNNEL_MTU" up
ip address add "$LOCAL_TUNNEL/30" dev gre1
ip route add "$REMOTE_NET" dev gre1
