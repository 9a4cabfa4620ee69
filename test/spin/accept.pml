/*
 * accept.pml: how a feed is taken in (src/exchange/feed.h, inbox.h), as a model for Spin.
 *
 * One sender has ENTRIES numbered entries for one receiver. Batches and acknowledgements travel over
 * a network that loses, repeats and overtakes; either end may lose power between any two steps. What
 * is called durable survives that, everything else is forgotten. All faults together are FAULTS.
 *
 * Safety: an entry takes effect once, in order; an acknowledgement never says more than is durable.
 * Liveness: once faults end, everything is acknowledged.
 *
 * Compiled with one of the MUTANT_ names the model has a bug that Spin must find (spin.sh).
 */
#define ENTRIES 3
#define WINDOW 2
#define FAULTS 3

byte faults = 0;

/* durable at the sender */
byte acked = 0;

/* durable at the receiver */
byte cursor = 0;
byte effect[ENTRIES + 1];

chan batches = [2] of { byte, byte };    /* first and last entry */
chan answers = [2] of { byte };          /* everything up to here is durable */

#define MAY_FAIL (faults < FAULTS)

active proctype Sender()
{
    byte last;
    byte upto;
end:
    do
    :: atomic { acked < ENTRIES && nfull(batches) && empty(answers) -> /* answers first */
            last = acked + 1;
            do
            :: last < ENTRIES && last < acked + WINDOW -> last++
            :: break
            od;
            batches ! acked + 1, last
        }
    :: answers ?? upto ->
        /* a word about entries that were never sent would be a fork */
        assert(upto <= ENTRIES);
        if
        :: upto > acked ->
            assert(upto <= cursor);
            acked = upto
        :: else /* late, or twice */
        fi
    od
}

active proctype Receiver()
{
    byte first;
    byte last;
    byte i;
end:
    do
    :: batches ?? first, last ->
        if
        :: first > cursor + 1 -> skip            /* a gap: say where we stand */
#ifdef MUTANT_NO_CURSOR
        :: else ->
#else
        :: last <= cursor -> skip                /* a repeat: the stored answer again */
        :: else ->
#endif
#ifdef MUTANT_EARLY_ACK
            atomic {
                if
                :: nfull(answers) -> answers ! last
                :: full(answers)
                fi
            };
#endif
            if
            :: MAY_FAIL -> faults++; goto lost                /* the power goes before the commit */
            :: skip
            fi;
#ifdef MUTANT_TWO_COMMITS
            i = first;
            do
            :: i <= last ->
                if
                :: i > cursor -> effect[i]++
                :: else
                fi;
                i++
            :: else -> break
            od;
            if
            :: MAY_FAIL -> faults++; goto lost                /* the power goes between the two */
            :: skip
            fi;
            cursor = last;
#else
            atomic {                             /* effects and cursor: one transaction */
                i = first;
                do
                :: i <= last ->
#ifdef MUTANT_NO_CURSOR
                    effect[i]++;
#else
                    if
                    :: i > cursor -> effect[i]++
                    :: else
                    fi;
#endif
                    i++
                :: else -> break
                od;
                cursor = last
            };
#endif
            i = 1;
            do
            :: i <= ENTRIES ->
                assert(effect[i] <= 1);
                assert((effect[i] == 1) == (i <= cursor));
                i++
            :: else -> break
            od;
            if
            :: MAY_FAIL -> faults++; goto lost                /* the power goes before the answer */
            :: skip
            fi
        fi;
        atomic {
            if
            :: nfull(answers) -> answers ! cursor
            :: full(answers)                     /* nobody reads: the answer is lost */
            fi
        };
lost:   i = 0;
        first = 0;
        last = 0
    od
}

active proctype Network()
{
    byte a;
    byte b;
end:
    do                                           /* lost; twice, and overtaking */
    :: atomic { MAY_FAIL && batches ?? [a, b] -> batches ?? a, b; faults++ }
    :: atomic { MAY_FAIL && answers ?? [a] -> answers ?? a; faults++ }
    :: atomic { MAY_FAIL && batches ?? [a, b] && nfull(batches) ->
        batches ?? <a, b>; faults++; batches ! a, b }
    :: atomic { MAY_FAIL && answers ?? [a] && nfull(answers) ->
        answers ?? <a>; faults++; answers ! a }
    od
}

ltl arrives { <> [] (acked == ENTRIES) }
