# SPDX-License-Identifier: BSD-3-Clause
ip address replace "$ADDRESS" dev "$INTERFACE"
ip link set "$INTERFACE" up
# Ask for hosts with this router's own address: asking from its own MAC with
# the virtual address would make them forget the virtual MAC.
sysctl -qw "net.ipv4.conf.$INTERFACE.arp_announce=2"
