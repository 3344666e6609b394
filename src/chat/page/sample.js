/** Something to say that takes a while. */
export const sample = `A ship that never enters a harbour has to be repaired at sea. Plank by plank \
the crew takes out what is worn and puts in what is new, and at no moment is there a hole below the \
water. Nobody on board would say that the voyage was interrupted. The passengers at dinner do not \
look up.

A service is such a ship. Its parts are replaced many times a day: a new version, a node that needs \
a kernel, a crowd that came and went. Each replacement is small, each is planned, and each one used \
to tear a sentence in two. Somebody read the first half of an answer and waited for the rest, and \
the rest was gone with the machine that had been thinking of it.

So before a plank is taken out, its neighbours are told. New work goes elsewhere. What has begun is \
allowed to end, and what cannot end in time is written down, word by word, where the others can \
read it. Then the next one takes the pen, looks at the last word on the paper, and goes on.

If this works, there is nothing to see. Here is the end of the text, every word came once, and the \
only trace is a thin line where the hand changed.`;
