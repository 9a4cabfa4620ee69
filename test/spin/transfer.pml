/*
 * transfer.pml: a record passes from one home to another (src/core/passage.h), as a model for Spin.
 *
 * Offices 0 and 1 change the record, give it to each other, take it and decline it; office 2 only
 * has copies. Every version goes to both others, each pair over a feed of its own, which keeps its
 * order and loses nothing (accept.pml); but feeds overtake each other, so a later version by another
 * author may come first. An office may be started from an old copy of its store: then it is closed
 * until both others have given back what it had signed, and sends and gets again what is missing
 * (restore.pml). What it had not yet sent to anybody is lost, and so never was.
 *
 * Safety: no two open offices may write at one time; nobody ever meets two versions of one number.
 * Liveness: in the end all copies agree.
 *
 * Compiled with one of the MUTANT_ names the model has a bug that Spin must find (spin.sh).
 */
#define OFFICES 3
#define NUMBERS 4          /* versions in a row */
#define WRITTEN 5          /* versions that are ever written, lost ones too */
#define RESTORES 2

/* a version, by its identity; 0: none */
byte fresh = 0;
byte author[WRITTEN + 1];
byte next[WRITTEN + 1];    /* the office to which its passages leave the record */
bool moves[WRITTEN + 1];   /* it gives the record away and waits for an answer */

/* an office's store: the version of each number, the newest, what waits for the others */
typedef store {
    byte held[NUMBERS + 1];
    byte head;
};
typedef line {
    byte waits[NUMBERS + 1];
};
store o[OFFICES];
line feed[9];
store copy;                /* of office 0 or 1, with its two feeds */
line copy_a;
line copy_b;
byte copied = OFFICES;     /* whose it is; OFFICES: nobody's yet */
byte restores = 0;
bool closed[OFFICES];
bool asked[OFFICES];       /* by the office that is closed */

#define FEED(from, to) feed[(from) * OFFICES + (to)]
#define ANY(f) (f.waits[1] != 0 || f.waits[2] != 0 || f.waits[3] != 0 || f.waits[4] != 0)
#define OTHER(i, k) (((i) + 1 + (k)) % OFFICES)
#define NEWEST(i) o[i].held[o[i].head]

/* Whether office i writes the next version: by what its newest one says, nothing else. */
#define HOME(i) (o[i].head > 0 && next[NEWEST(i)] == (i) && !closed[i])
#define ROOM(i) (o[i].head < NUMBERS && fresh < WRITTEN)
#define ONE_HOME !(HOME(0) && HOME(1)) && !HOME(2)

/* Office i writes the next version and leaves the record to office `to`. */
inline put(I, NEXT, MOVES)
{
    fresh++;
    author[fresh] = I;
    next[fresh] = NEXT;
    moves[fresh] = MOVES;
    o[I].head++;
    o[I].held[o[I].head] = fresh;
    FEED(I, OTHER(I, 0)).waits[o[I].head] = fresh;
    FEED(I, OTHER(I, 1)).waits[o[I].head] = fresh;
    assert(ONE_HOME)
}

/* Office i gets the version v of number m, which goes where it belongs. */
inline take_in(I, V, M)
{
    assert(o[I].held[M] == 0 || o[I].held[M] == V);
    o[I].held[M] = V;
#ifdef MUTANT_LATE_WINS
    o[I].head = M;
#else
    if
    :: M > o[I].head -> o[I].head = M
    :: else
    fi;
#endif
    assert(ONE_HOME)
}

inline copy_line(TO, FROM)
{
    TO.waits[1] = FROM.waits[1];
    TO.waits[2] = FROM.waits[2];
    TO.waits[3] = FROM.waits[3];
    TO.waits[4] = FROM.waits[4]
}

inline copy_store(TO, FROM)
{
    TO.held[1] = FROM.held[1];
    TO.held[2] = FROM.held[2];
    TO.held[3] = FROM.held[3];
    TO.held[4] = FROM.held[4];
    TO.head = FROM.head
}

/* What office k has of its own and office i has lost is sent again. */
inline send_again(K, I)
{
    m = 1;
    do
    :: m <= NUMBERS ->
        if
        :: o[K].held[m] != 0 && author[o[K].held[m]] == K && o[I].held[m] == 0 ->
            FEED(K, I).waits[m] = o[K].held[m]
        :: else
        fi;
        m++
    :: else -> break
    od;
    m = 0
}

/* What office i had signed and office k holds comes back, and goes to whoever may lack it. */
inline give_back(I, K)
{
    m = 1;
    do
    :: m <= NUMBERS ->
        if
        :: o[K].held[m] != 0 && author[o[K].held[m]] == I && o[I].held[m] == 0 ->
            take_in(I, o[K].held[m], m);
            FEED(I, OTHER(I, 0)).waits[m] = o[K].held[m];
            FEED(I, OTHER(I, 1)).waits[m] = o[K].held[m]
        :: else
        fi;
        m++
    :: else -> break
    od;
    m = 0
}

proctype Office(byte i)
{
    byte m;
end:
    do
    /* it changes the record, or gives it */
    :: atomic { HOME(i) && ROOM(i) && !moves[NEWEST(i)] -> put(i, i, false) }
    :: atomic { HOME(i) && ROOM(i) && !moves[NEWEST(i)] -> put(i, 1 - i, true) }
    /* it takes the record, or declines it */
    :: atomic { HOME(i) && ROOM(i) && moves[NEWEST(i)] -> put(i, i, false) }
    :: atomic { HOME(i) && ROOM(i) && moves[NEWEST(i)] -> put(i, 1 - i, false) }
#ifdef MUTANT_NOT_FROZEN
    :: atomic { o[i].head > 0 && ROOM(i) && !closed[i] && moves[NEWEST(i)] &&
            author[NEWEST(i)] == i -> put(i, 1 - i, true) }
#endif
#ifdef MUTANT_TIME_OUT
    :: atomic { o[i].head > 0 && ROOM(i) && !closed[i] && moves[NEWEST(i)] &&
            author[NEWEST(i)] == i -> put(i, i, false) }
#endif
    :: atomic { copied == OFFICES && !closed[i] ->
            copied = i;
            copy_store(copy, o[i]);
            copy_line(copy_a, FEED(i, OTHER(i, 0)));
            copy_line(copy_b, FEED(i, OTHER(i, 1)))
        }
    :: atomic { copied == i && restores < RESTORES && !closed[i] ->
            restores++;
            copy_store(o[i], copy);
            copy_line(FEED(i, OTHER(i, 0)), copy_a);
            copy_line(FEED(i, OTHER(i, 1)), copy_b);
            send_again(OTHER(i, 0), i);
            send_again(OTHER(i, 1), i);
#ifndef MUTANT_NO_COMPARE
            closed[i] = true
#endif
        }
    :: atomic { closed[i] && !asked[OTHER(i, 0)] ->
            asked[OTHER(i, 0)] = true;
            give_back(i, OTHER(i, 0))
        }
    :: atomic { closed[i] && !asked[OTHER(i, 1)] ->
            asked[OTHER(i, 1)] = true;
            give_back(i, OTHER(i, 1))
        }
    :: atomic { closed[i] && asked[OTHER(i, 0)] && asked[OTHER(i, 1)] ->
            closed[i] = false;
            asked[OTHER(i, 0)] = false;
            asked[OTHER(i, 1)] = false;
            assert(ONE_HOME)
        }
    od
}

/* The first version that waits in a feed comes at any moment, unless an end is closed. */
inline deliver(FROM, TO)
{
    m = 1;
    do
    :: FEED(FROM, TO).waits[m] == 0 -> m++
    :: else -> break
    od;
    take_in(TO, FEED(FROM, TO).waits[m], m);
    FEED(FROM, TO).waits[m] = 0;
    m = 0
}
#define READY(from, to) ANY(FEED(from, to)) && !closed[from] && !closed[to]

proctype Network()
{
    byte m;
end:
    do
    :: atomic { READY(0, 1) -> deliver(0, 1) }
    :: atomic { READY(0, 2) -> deliver(0, 2) }
    :: atomic { READY(1, 0) -> deliver(1, 0) }
    :: atomic { READY(1, 2) -> deliver(1, 2) }
    od
}

init {
    atomic {
        put(0, 0, false);
        run Office(0);
        run Office(1);
        run Network()
    }
}

ltl agree { <> [] (o[0].head == o[1].head && o[1].head == o[2].head &&
    NEWEST(0) == NEWEST(1) && NEWEST(1) == NEWEST(2)) }
