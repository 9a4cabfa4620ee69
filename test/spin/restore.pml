/*
 * restore.pml: what an office does that was started from an old copy (src/exchange/greet.h,
 * restore.h), as a model for Spin.
 *
 * One sender and one receiver. The sender makes a copy of its store and is started from it later, or
 * is only started anew, at any moment; what it sent before may still be under way. It compares with
 * the receiver, takes back what it lost, and both open a new epoch; between any two steps it may be
 * started again.
 *
 * Safety: no number of an epoch ever carries two contents; the receiver takes in every content once.
 * Liveness: once faults end, the sender has compared and everything it has is acknowledged.
 *
 * Compiled with one of the MUTANT_ names the model has a bug that Spin must find (spin.sh).
 */
#define EPOCHS 5
#define NUMBERS 3
#define CONTENTS 3
#define RESTORES 2
#define FAULTS 2

#define AT(epoch, seq) ((epoch) * (NUMBERS + 1) + (seq))
#define PLACES (EPOCHS * (NUMBERS + 1) + NUMBERS + 1)

byte fresh = 0;        /* contents made so far; random ids, so no copy makes them again */
byte used[PLACES];     /* what a number was sent with; 0: never */
byte restores = 0;
byte faults = 0;

/* the sender's store, and the copy of it */
typedef store {
    byte epoch;
    byte vacant;
    byte acked;
    byte held[PLACES];
    bool waits[CONTENTS + 1]; /* recorded, without a number */
};
store a;
store copy;
bool copied = false;
bool restoring = false;
bool met = false;

/* the receiver's store */
byte b_epoch = 1;
byte b_seq = 0;
byte taken[PLACES];
byte times[CONTENTS + 1];

chan batches = [2] of { byte, byte, byte };
chan answers = [1] of { byte, byte };

inline copy_store(to, from)
{
    to.epoch = from.epoch;
    to.vacant = from.vacant;
    to.acked = from.acked;
    i = 0;
    do
    :: i < PLACES -> to.held[i] = from.held[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i <= CONTENTS -> to.waits[i] = from.waits[i]; i++
    :: else -> break
    od;
    i = 0
}

/* The sender starts again, sometimes from the copy. */
inline start_again()
{
    if
    :: copied && restores < RESTORES ->
        restores++;
        copy_store(a, copy);
#ifndef MUTANT_NO_COMPARE
        restoring = true;
        met = false
#endif
    :: faults < FAULTS -> faults++; met = false
    fi
}

/* Numbers after the common head wait for new ones. */
inline cut(epoch, seq)
{
    i = AT(epoch, seq) + 1;
    do
    :: i < PLACES ->
        if
        :: a.held[i] != 0 && taken[i] != a.held[i] -> a.waits[a.held[i]] = true; a.held[i] = 0
        :: a.held[i] != 0 -> a.held[i] = 0
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* What the receiver holds up to its head comes back, as it was. */
inline take_back(epoch, seq)
{
    i = 0;
    do
    :: i <= AT(epoch, seq) ->
        if
        :: taken[i] != 0 -> a.held[i] = taken[i]; a.waits[taken[i]] = false
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

active proctype Sender()
{
    byte i;
    byte h_epoch;
    byte h_seq;
    byte e;
    byte s;
    atomic { a.epoch = 1; a.vacant = 1 }
end:
    do
    :: atomic { fresh < CONTENTS && !restoring -> fresh++; a.waits[fresh] = true }
    :: atomic { met && a.vacant <= NUMBERS && a.vacant <= a.acked + 1 ->
            i = 1;
            do
            :: i <= CONTENTS && !a.waits[i] -> i++
            :: else -> break
            od;
            if
            :: i <= CONTENTS ->
                a.waits[i] = false;
                a.held[AT(a.epoch, a.vacant)] = i;
                a.vacant++
            :: else
            fi;
            i = 0
        }
    :: atomic { met && a.acked + 1 < a.vacant && nfull(batches) && empty(answers) ->
            i = a.held[AT(a.epoch, a.acked + 1)];
            assert(used[AT(a.epoch, a.acked + 1)] == 0 || used[AT(a.epoch, a.acked + 1)] == i);
            used[AT(a.epoch, a.acked + 1)] = i;
            batches ! a.epoch, a.acked + 1, i;
            i = 0
        }
    :: atomic { answers ? e, s ->
            if
            :: met && e == a.epoch && s > a.acked -> assert(s < a.vacant); a.acked = s
            :: else /* late, or of another epoch */
            fi;
            e = 0;
            s = 0
        }
    :: atomic { !copied -> copied = true; copy_store(copy, a) }
    :: atomic { (copied && restores < RESTORES) || faults < FAULTS -> start_again() }
    :: atomic { !met -> h_epoch = b_epoch; h_seq = b_seq };   /* hello */
        if
        :: atomic { !restoring && h_epoch == a.epoch && h_seq < a.vacant &&
                (h_seq == 0 || a.held[AT(h_epoch, h_seq)] == taken[AT(h_epoch, h_seq)]) ->
                met = true;
                if
                :: h_seq > a.acked -> a.acked = h_seq
                :: else
                fi
            }
        :: else ->
            restoring = true;
            atomic {                                          /* OWN */
                take_back(h_epoch, h_seq);
                cut(h_epoch, h_seq)
            };
            if
            :: atomic { (copied && restores < RESTORES) || faults < FAULTS -> start_again() };
                goto again
            :: skip
            fi;
#ifdef MUTANT_SAME_EPOCH
            atomic { a.epoch = h_epoch; a.vacant = h_seq + 1; a.acked = h_seq;
                restoring = false; met = true };
#else
            atomic {                                          /* EPOCH, at the receiver */
                e = (a.epoch > h_epoch -> a.epoch : h_epoch) + 1;
                if
#ifdef MUTANT_UNCHECKED_HEAD
                :: e <= EPOCHS ->
#else
                :: e <= EPOCHS && b_epoch == h_epoch && b_seq == h_seq ->
#endif
                    b_epoch = e;
                    b_seq = 0
                :: else -> e = 0                              /* it has moved: compare again */
                fi
            };
            if
            :: atomic { (copied && restores < RESTORES) || faults < FAULTS -> start_again() };
                e = 0;
                goto again
            :: skip
            fi;
            atomic {                                          /* EPOCH, here */
                if
                :: e != 0 ->
                    a.epoch = e;
                    a.vacant = 1;
                    a.acked = 0;
                    restoring = false;
                    met = true
                :: else
                fi;
                e = 0
            };
#endif
        fi;
again:  h_epoch = 0;
        h_seq = 0
    od
}

active proctype Receiver()
{
    byte e;
    byte s;
    byte c;
end:
    do
    :: atomic { batches ? e, s, c ->
            if
#ifdef MUTANT_ANY_EPOCH
            :: s == b_seq + 1 ->
#else
            :: e == b_epoch && s == b_seq + 1 ->
#endif
                b_seq = s;
                taken[AT(b_epoch, s)] = c;
                times[c]++;
                assert(times[c] <= 1)
            :: else                                           /* a repeat, or an old epoch */
            fi;
            if
            :: nfull(answers) -> answers ! b_epoch, b_seq
            :: full(answers)
            fi;
            e = 0;
            s = 0;
            c = 0
        }
    od
}

active proctype Network()
{
    byte e;
    byte s;
    byte c;
end:
    do                                                        /* lost; twice, and overtaking */
    :: atomic { faults < FAULTS && batches ?? [e, s, c] -> batches ?? e, s, c; faults++ }
    :: atomic { faults < FAULTS && answers ? [e, s] -> answers ? e, s; faults++ }
    :: atomic { faults < FAULTS && batches ?? [e, s, c] && nfull(batches) ->
        batches ?? <e, s, c>; faults++; batches ! e, s, c }
    od
}

ltl settles { <> [] (met && a.vacant == a.acked + 1) }
