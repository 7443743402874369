import { catalogue } from "../text/text.tsx";

/** Texts of waiting lists. */
export const waitingWords = catalogue({
  en: {
    full: "This day is full",
    fullBody:
      "When somebody cancels, the first in line gets the time, kept for them for a while. We send you a mail at once.",
    when: "When could you come?",
    parts: { morning: "Morning", afternoon: "Afternoon", evening: "Evening" },
    join: "Join the waiting list",
    signIn: "Sign in to join the waiting list",
    leaveAnyTime: "You can leave the list at any time.",
    soonerFree: "Or near this day, and free now",
    title: "Waiting lists",
    inLine: "You are in line",
    first: "You are the first in line.",
    ahead: (count: number) =>
      count === 1 ? "One person is before you." : `${count} people are before you.`,
    between: (from: string, to: string) => `between ${from} and ${to}`,
    anyTime: "at any time",
    offered: (moment: string) => `${moment} is kept for you.`,
    goOn: "Continue booking",
    leave: "Leave the list",
    leaveOf: (name: string, day: string) => `Leave the list: ${name}, ${day}`,
    left: "You have left the waiting list.",
    joined: "You are in line. We write to you as soon as a time becomes free.",
    timeOpen: "A time has just become free. Choose it above.",
    tooMany: (limit: number) => `You can wait in ${limit} lists at most. Leave one first.`,
    notOffered: "This time can no longer be booked.",
    verify: "Please confirm your e-mail address first.",
    account: "To your account",
  },
  de: {
    full: "Dieser Tag ist voll",
    fullBody:
      "Sagt jemand ab, bekommt die erste Person in der Reihe die Zeit und hat sie eine Weile für sich. Wir schreiben Ihnen sofort.",
    when: "Wann könnten Sie kommen?",
    parts: { morning: "Vormittag", afternoon: "Nachmittag", evening: "Abend" },
    join: "Auf die Warteliste",
    signIn: "Anmelden und auf die Warteliste",
    leaveAnyTime: "Sie können die Liste jederzeit verlassen.",
    soonerFree: "Oder um diesen Tag herum, jetzt frei",
    title: "Wartelisten",
    inLine: "Sie stehen auf der Warteliste",
    first: "Sie sind als Nächstes an der Reihe.",
    ahead: (count) =>
      count === 1 ? "Eine Person ist vor Ihnen." : `${count} Personen sind vor Ihnen.`,
    between: (from, to) => `zwischen ${from} und ${to}`,
    anyTime: "zu jeder Zeit",
    offered: (moment) => `${moment} ist für Sie freigehalten.`,
    goOn: "Weiter buchen",
    leave: "Liste verlassen",
    leaveOf: (name, day) => `Liste verlassen: ${name}, ${day}`,
    left: "Sie stehen nicht mehr auf der Warteliste.",
    joined: "Sie stehen auf der Liste. Wir schreiben Ihnen, sobald eine Zeit frei wird.",
    timeOpen: "Eben ist eine Zeit frei geworden. Wählen Sie sie oben.",
    tooMany: (limit) =>
      `Sie können auf höchstens ${limit} Listen stehen. Verlassen Sie zuerst eine.`,
    notOffered: "Diese Zeit lässt sich nicht mehr buchen.",
    verify: "Bitte bestätigen Sie zuerst Ihre E-Mail-Adresse.",
    account: "Zu Ihrem Konto",
  },
});
