// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that never leaves its RCU read-side critical section: an RCU stall that has nothing to do with swap.
 * where=loop: in nothing but a loop; where=xarray: looking up an entry of an xarray of the module's own, again
 * and again, so that its stack is nearly that of a task that looks for a folio in the swap cache.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/xarray.h>

#define ENTRIES 1000

static char *where = "loop";
module_param(where, charp, 0444);

static DEFINE_XARRAY(lab_entries);
static unsigned long lab_rounds;

static noinline void lab_spin_in_loop(void)
{
	for (;;) {
		WRITE_ONCE(lab_rounds, lab_rounds + 1);
		cpu_relax();
	}
}

static noinline void lab_spin_in_xarray(void)
{
	for (;;)
		if (!xa_load(&lab_entries, lab_rounds++ % ENTRIES))
			cpu_relax();
}

static noinline void lab_spin_under_rcu(const char *place)
{
	rcu_read_lock();
	if (!strcmp(place, "xarray"))
		lab_spin_in_xarray();
	else
		lab_spin_in_loop();
	rcu_read_unlock();
}

static int lab_spin(void *data)
{
	lab_spin_under_rcu(data);
	return 0;
}

static int __init lab_spin_init(void)
{
	unsigned long i;

	for (i = 0; i < ENTRIES; i++)
		if (xa_is_err(xa_store(&lab_entries, i, &lab_entries, GFP_KERNEL)))
			return -ENOMEM;
	return PTR_ERR_OR_ZERO(kthread_run(lab_spin, where, "lab_spin"));
}
module_init(lab_spin_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Stalls RCU, for the tests of kswapck");
