/* SPDX-License-Identifier: BSD-3-Clause */
/* The log, when who reads it has stopped. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "cu.h"

#define LINES 5000

static char text[1 << 20];

/* What is in a pipe now. */
static void
drain(int fd)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
}

static unsigned int
count(const char *what)
{
	unsigned int n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* A pipe that nobody reads: lines are lost, nobody waits (SIGALRM would end the program). When it
 * is read again, the next line is behind one that says how many were lost. */
static void
test_nobody_reads(void)
{
	int usual = dup(STDERR_FILENO), p[2];
	unsigned int come, lost = 0;
	char *told;

	CU_ASSERT_EQUAL_FATAL(pipe(p), 0);
	CU_ASSERT_EQUAL_FATAL(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	dup2(p[1], STDERR_FILENO);
	log_init("test", LVL_INFO);
	alarm(30);
	for (int i = 0; i < LINES; i++)
		log_notice("area", "line %d of those that nobody reads", i);
	alarm(0);
	drain(p[0]);
	come = count("that nobody reads\n");
	CU_ASSERT_TRUE(come > 100 && come < LINES);
	CU_ASSERT_EQUAL(count("\n"), come);
	log_notice("area", "read again");
	drain(p[0]);
	told = strstr(text, "warning log: ");
	CU_ASSERT_PTR_NOT_NULL_FATAL(told);
	CU_ASSERT_EQUAL(sscanf(told, "warning log: %u lines were lost", &lost), 1);
	CU_ASSERT_EQUAL(come + lost, LINES);
	CU_ASSERT_TRUE(strstr(told, "notice area: read again\n") != NULL);
	log_notice("area", "once more");
	drain(p[0]);
	CU_ASSERT_EQUAL(count("\n"), 1); /* it is told once */
	dup2(usual, STDERR_FILENO);
	close(p[0]);
	close(p[1]);
	close(usual);
}

static const struct cu_case cases[] = {
	CU_CASE(test_nobody_reads),
};

CU_MAIN("log", cases)
