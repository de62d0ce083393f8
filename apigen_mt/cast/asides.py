"""What people of each temperament say besides: remarks without values, wishes or questions, and their ways of agreeing,
of insisting and of taking leave.
"""

from collections.abc import Mapping
from typing import NamedTuple

from apigen_mt.temperaments import Temperament


class Manner(NamedTuple):
    """How somebody talks: remarks with a matter that they raise and with an answer, and how they say what is always
    said; empty where they have no way of their own.
    """

    raising: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    insisting: tuple[str, ...] = ()
    thanks: tuple[str, ...] = ()
    often: float = 0.6
    """Share of the turns that get a remark."""


WITHOUT_NUMBER = (
    "I don't have the number of it at hand.",
    "I'm afraid I can't recall its number.",
    "The number escapes me, my papers are in the other room.",
    "I never keep those numbers, sorry.",
    "I have mislaid the paper with the number on it.",
    "I couldn't tell you the number if I tried.",
    "My memory is hopeless for numbers like that.",
    "I must have deleted the mail with the number in it.",
    "I know I wrote the number down somewhere, and that is all I know.",
)
"""What the forgetful say of a record that can be looked up."""

WHY = (
    "What do you need that for?",
    "Why do you have to know that?",
    "May I ask what that is for?",
    "Is that really necessary? What happens with it?",
    "Before I tell you: what is it used for?",
    "I don't like giving that to strangers. Why do you ask?",
    "And who gets to see that once I have told you?",
    "Hm. What has that to do with my request?",
    "Do you really need to know that, and why?",
)
"""What the mistrustful answer when they are first asked for something about themselves."""

_CHATTY = Manner(
    raising=(
        "How nice to get hold of somebody so quickly!",
        "I hope you are having as pleasant a day as I am.",
        "So good of you to be there for people like me.",
        "I was just telling my sister how friendly everybody is here.",
        "What a relief to talk to somebody who knows their way around.",
        "I have just made myself a cup of tea, so I have all the time in the world.",
        "I must say I always enjoy writing to you.",
        "You people have never let me down so far.",
        "I hope I am not keeping you from anything important.",
    ),
    answering=(
        "You are so easy to talk to, do you know that.",
        "Oh, gladly, what a sensible question.",
        "You are very thorough, I like that.",
        "Thank you for being so patient with me.",
        "I am enjoying this little talk, I have to admit.",
        "I should have said so straight away, silly me.",
        "You ask so nicely that I can hardly refuse.",
        "Goodness, how well organised you are over there.",
        "Let me see, I am all ears and thumbs today.",
    ),
    yes=(
        "Yes, please, that is wonderful, thank you so much.",
        "Yes, go ahead, you are a treasure.",
        "Yes, lovely, please do that for me.",
        "Oh yes, please, that would make my day.",
        "Yes, that is just right, how kind of you.",
        "Yes, perfect, thank you for taking such care.",
        "Absolutely, yes, and many thanks for asking first.",
        "Yes, please, you have understood me perfectly.",
    ),
    insisting=(
        "Oh dear, what a pity! Are you sure there is no way at all? It would mean a lot to me.",
        "Oh no, I was so looking forward to it. Could you perhaps look again, just for me?",
        "That does make me a little sad. Is there really nothing you can do?",
        "Now that is a shame. Might you check once more whether there is an exception?",
        "Oh, come, you have been so helpful so far. Is there no way around it?",
        "My heart sinks a little. Would you be so kind as to check it again?",
        "What a disappointment. Surely something can be done for somebody who asks nicely?",
        "I had hoped for better news. Could you please take another look?",
    ),
    thanks=(
        "That's everything, and what a pleasure it was. Have a wonderful day!",
        "No, that was all. You have been ever so kind, thank you!",
        "All done then! Thank you, and give my regards to your colleagues.",
        "No, nothing more. It was lovely talking to you.",
        "That was all, thank you. You have made this very pleasant.",
        "No more from me. Take good care of yourself!",
        "That is all I came for, thank you so very much.",
        "No, I am perfectly happy now. Thank you and goodbye!",
    ),
)
_TERSE = Manner(
    yes=("Yes.", "Yes, please.", "Ok.", "Right.", "Sure.", "Go ahead.", "Yep.", "Fine, do it."),
    insisting=(
        "Really no way?",
        "No exception?",
        "Check again, would you?",
        "Nothing to be done?",
        "Look again, please.",
        "Is that final?",
        "Not even once?",
        "Can you check again?",
    ),
    thanks=(
        "That's all.",
        "No. Thanks.",
        "Done, bye.",
        "All set.",
        "Nothing else.",
        "No, bye.",
        "Thanks.",
        "That was it.",
    ),
    often=0.0,
)
_IMPATIENT = Manner(
    raising=(
        "I'm in a hurry, so let us keep this short.",
        "I have been waiting long enough already.",
        "I hope this won't take for ever.",
        "I haven't got all day.",
        "Quickly, please, I am on my way out.",
        "I have to leave in a moment.",
        "This has been on my list for too long as it is.",
        "Let us not waste any time.",
        "My patience is wearing thin today, just so you know.",
    ),
    answering=(
        "This is taking rather long.",
        "I thought this would be faster.",
        "So many questions.",
        "Very well, if it speeds things up.",
        "Honestly, I would have thought you had that already.",
        "I am really pressed for time here.",
        "Let us get on with it.",
        "Somebody is already waiting for me.",
        "I wonder why this has to be so slow and tedious.",
    ),
    yes=(
        "Yes, yes, go ahead.",
        "Yes, please, and quickly.",
        "Yes, do it now, please.",
        "Yes! Go ahead already.",
        "Yes, that's right, let's get on with it.",
        "Ok, yes, please hurry.",
        "Yes, fine, the sooner the better.",
        "Right, yes, do it so that I can go.",
    ),
    insisting=(
        "You can't be serious. Check that again, please.",
        "I have waited all this time for a no? Look again.",
        "Come on. There must be some exception.",
        "That can't be the last word. Is there really no way?",
        "Oh for goodness' sake. Are you sure?",
        "I don't have time for this. Can it be done or not, once and for all?",
        "Please just look again, I really need it.",
        "Nonsense, there has to be a way. Would you check once more?",
    ),
    thanks=(
        "That's all, I have to run.",
        "No, finally done. Bye.",
        "Nothing else, I'm late as it is.",
        "That was it. About time.",
        "No, that's it, I'm off.",
        "That's everything, I have to go now.",
        "No. Thanks, I'm in a rush.",
        "All done, good. Bye.",
    ),
)
_FORGETFUL = Manner(
    raising=(
        "I hope I get this across, my memory is like a sieve.",
        "Bear with me, I have mislaid all my papers.",
        "I nearly forgot to write to you about this.",
        "I had it all written down and now the note is gone.",
        "My head is all over the place today.",
        "I keep forgetting about this, so now I am doing it.",
        "I may have asked somebody about this before, or maybe I only meant to.",
        "I have lost my thread already.",
        "I knew there was something I had to do.",
    ),
    answering=(
        "Let me think for a moment.",
        "I have it on the tip of my tongue.",
        "Ah, I do remember this one.",
        "I had to think about that for a while.",
        "I hope I am not mixing things up.",
        "My memory is not what it was.",
        "Wait, I know this.",
        "I do forget so much these days.",
        "Good that you ask, I would have forgotten to say.",
    ),
    thanks=(
        "That's all, as far as I remember.",
        "No, if there was anything more, I have forgotten it. Thank you!",
        "That was everything, I believe. Thank you.",
        "No, nothing comes to mind. Thanks!",
        "That was all that I can think of. Goodbye.",
        "No, that's it. I had better write it down.",
        "Nothing more, unless it slips my mind. Thank you.",
        "No, thank you, my list is empty now.",
    ),
    often=0.4,
)
_TANGENTIAL = Manner(
    raising=(
        "My neighbour has taken up the trombone again, so forgive me if I sound distracted.",
        "I was in the middle of repotting the ferns when I thought of this.",
        "There is a cat on my windowsill that does not belong to me.",
        "You would not believe the fog we have here this morning.",
        "I have been reading about lighthouses all week, wonderful things.",
        "My brother says one should always write things down, and he never does.",
        "I have a soup on the stove and it smells of thyme.",
        "The people upstairs are dancing again, by the sound of it.",
        "I once knew somebody who collected umbrellas and left them all on trains.",
    ),
    answering=(
        "The trombone has started up again next door, by the way.",
        "That reminds me of my aunt, who named all her hens after queens.",
        "There is a woodpecker in the garden, how about that.",
        "My grandfather used to say that patience is a garden.",
        "I have just seen a man walk by with a tuba.",
        "The soup is nearly ready, it smells of thyme.",
        "I dreamt of a train last night, full of umbrellas.",
        "The cat on the windowsill is looking at me as though I owed it something.",
        "They are showing that old film with the balloon again tonight.",
    ),
    thanks=(
        "That was all. Now back to my soup. Thank you!",
        "No, nothing more, the cat wants to be let in. Goodbye.",
        "That's everything. I do hope the trombone stops some day.",
        "No, that was it. I have ferns to see to.",
        "Nothing else, thank you. The woodpecker is back, what a racket.",
        "That is all, thank you. My hens would greet you if I had any.",
        "No, thank you. I shall think of you when I see an umbrella.",
        "All done, thank you. Off to the balloon film.",
    ),
)
_MISTRUSTFUL = Manner(
    raising=(
        "I am not sure I trust these chats, so I am keeping a copy.",
        "Last time somebody made a mess of things, so I will be watching closely.",
        "I hope I am talking to somebody who knows what they are doing.",
        "I would rather have done this in person.",
        "I have heard stories about places like yours.",
        "I read everything that is written to me, word for word.",
        "Nobody has ever managed this at the first try, in my experience.",
        "I have learnt to be careful with desks like this one.",
        "I take note of everything you tell me.",
    ),
    answering=(
        "I don't like giving that away.",
        "I trust that stays between us.",
        "I hope you are not going to pass that on.",
        "I will check that it was used for nothing else.",
        "I am telling you this against my better judgement.",
        "I am writing down that you asked me for it.",
        "I would have expected you to know that.",
        "Make of that what you will, I keep my own records.",
        "I am always wary of such questions.",
    ),
    yes=(
        "Yes, exactly that and nothing more.",
        "Yes. I will check it afterwards.",
        "Yes, go ahead, and I will hold you to it.",
        "Yes, that is correct, I have read it twice.",
        "Yes, please do just what you have said.",
        "All right, yes, go ahead. I am keeping a copy.",
        "Yes, that's right, word for word.",
        "Yes, do it, I am watching.",
    ),
    insisting=(
        "That sounds like an excuse. Is there really no way?",
        "I doubt that. Would you check it again, please?",
        "Are you sure, or is that just what you tell everybody?",
        "I find that hard to believe. Is there no exception?",
        "Somebody told me that it could be done. Please look again.",
        "I suspect you did not really look. Could you check once more?",
        "Is that really what your rules say? Check again, please.",
        "I knew it. Are you quite certain that nothing can be done?",
    ),
    thanks=(
        "That was all. I will check whether it really went through.",
        "No, nothing else. I have kept a copy of this.",
        "That's all, thank you. We shall see.",
        "No, thank you. I hope it is as you say.",
        "That was it. I have noted what you told me.",
        "Nothing more. I will be keeping an eye on it.",
        "That is everything, and I have it in writing now. Thanks.",
        "No. Thank you, let us hope it holds.",
    ),
)
MANNERS: Mapping[Temperament, Manner] = {
    "plain": Manner(often=0.0),
    "terse": _TERSE,
    "chatty": _CHATTY,
    "impatient": _IMPATIENT,
    "forgetful": _FORGETFUL,
    "tangential": _TANGENTIAL,
    "mistrustful": _MISTRUSTFUL,
}
