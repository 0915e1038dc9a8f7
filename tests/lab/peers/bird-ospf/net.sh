# SPDX-License-Identifier: BSD-3-Clause
ip address replace "$ADDRESS" dev "$INTERFACE"
ip link set "$INTERFACE" up
ip address replace "$STUB" dev lo
