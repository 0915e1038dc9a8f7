# SPDX-License-Identifier: BSD-3-Clause
# Cycles by number of tunnels, best passes; for tools/bench --plot. Variables: data (CSV), out (SVG).
set terminal svg size 960,420 dynamic background rgb 'white' font 'sans,12'
set output out
set datafile separator ','
set logscale x
set xrange [0.8:150000]
set yrange [0:*]
set xlabel 'tunnels, packets in random order'
set ylabel 'cycles (TSC) for each packet'
set grid
set key top left
rows(case, size) = sprintf("< awk -F, '$1 == \"%s\" && $3 == %d' '%s'", case, size, data)
set multiplot layout 1,2
do for [size in "64 1400"] {
	set title sprintf('AES-128-GCM, %s bytes, hot set', size)
	plot rows('encap', size + 0) using 4:10 with linespoints lw 2 title 'encap', \
		rows('decap', size + 0) using 4:10 with linespoints lw 2 title 'decap', \
		rows('encap', size + 0) using 4:13 with linespoints dt 2 title 'the library alone', \
		rows('encap', size + 0) using 4:16 with linespoints dt 3 title 'our cipher alone'
}
unset multiplot
