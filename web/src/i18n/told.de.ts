import type { Phrases } from './told'

/** What the bridge says, in German. `told.test.ts` looks whether the alarms and errors are all here. */
export const toldInGerman: Phrases = {
  exact: {
    // Alarms: crates/plant/src/alarm.rs
    'no alarm': 'kein Alarm',
    'inverter started': 'Wechselrichter gestartet',
    'clock set': 'Uhr gestellt',
    'EEPROM error': 'EEPROM-Fehler',
    offline: 'nicht erreichbar',
    'grid voltage surge': 'Spannungsspitze im Netz',
    'grid voltage sag': 'Spannungseinbruch im Netz',
    'grid frequency jump': 'Sprung der Netzfrequenz',
    'grid phase jump': 'Phasensprung im Netz',
    'grid transient': 'Störimpuls im Netz',
    'over-voltage in the inverter': 'Überspannung im Wechselrichter',
    'over-current in the inverter': 'Überstrom im Wechselrichter',
    'clamp over-voltage': 'Überspannung an der Klemmschaltung',
    'over-current warning': 'Warnung vor Überstrom',
    'calibration data error': 'Fehler in den Kalibrierdaten',
    'system parameter error': 'Fehler in den Systemparametern',
    'yield data error': 'Fehler in den Ertragsdaten',
    'power reduced: grid voltage': 'Leistung verringert: Netzspannung',
    'power reduced: grid frequency': 'Leistung verringert: Netzfrequenz',
    'power reduced: temperature': 'Leistung verringert: Temperatur',
    'too hot': 'zu heiß',
    'theft protection': 'Diebstahlschutz',
    'locked remotely': 'aus der Ferne gesperrt',
    'switched off remotely': 'aus der Ferne abgeschaltet',
    'grid profile error': 'Fehler im Netzprofil',
    'software error': 'Softwarefehler',
    'firmware error': 'Firmwarefehler',
    'hardware configuration error': 'Fehler in der Hardware-Konfiguration',
    'bias error': 'Bias-Fehler',
    'grid voltage too high': 'Netzspannung zu hoch',
    'grid voltage too high for ten minutes': 'Netzspannung zehn Minuten lang zu hoch',
    'grid voltage too low': 'Netzspannung zu niedrig',
    'grid frequency too high': 'Netzfrequenz zu hoch',
    'grid frequency too low': 'Netzfrequenz zu niedrig',
    'grid frequency changes too fast': 'Netzfrequenz ändert sich zu schnell',
    'grid outage': 'Netzausfall',
    'grid disconnected': 'vom Netz getrennt',
    'island detected': 'Inselnetz erkannt',
    'DC in the grid current': 'Gleichanteil im Netzstrom',
    'phase angle error': 'falscher Phasenwinkel',
    'phase difference error': 'falscher Phasenunterschied',
    'insulation fault': 'Isolationsfehler',
    'grounding fault': 'Erdungsfehler',
    'connecting to the grid failed': 'Zuschalten ans Netz misslungen',
    'neutral conductor wired wrongly': 'Neutralleiter falsch angeschlossen',
    repeater: 'Repeater',
    standby: 'Bereitschaft',
    'switched off': 'abgeschaltet',
    reset: 'zurückgesetzt',

    // States and events: crates/api/src/view/dtu.rs, crates/plant/src/event
    'The DTU has not been polled yet.': 'Die DTU wurde noch nicht abgefragt.',
    'Another bridge polls this DTU.': 'Eine andere Bridge fragt diese DTU ab.',
    'The DTU answers; no inverter is confirmed yet.': 'Die DTU antwortet; noch ist kein Wechselrichter bestätigt.',
    'The DTU answers; its inverters are asleep.': 'Die DTU antwortet; ihre Wechselrichter schlafen.',
    'The DTU answers.': 'Die DTU antwortet.',
    'The DTU is off with the sun.': 'Die DTU ist mit der Sonne gegangen.',
    'the DTU does not answer': 'die DTU antwortet nicht',
    'the DTU does not answer: is it switched on, and is its address right?':
      'die DTU antwortet nicht: Ist sie eingeschaltet, und stimmt ihre Adresse?',
    'the bridge did not run': 'die Bridge lief nicht',
    'asleep: off the network with the sun': 'Schlaf: mit der Sonne vom Netzwerk gegangen',
    'asleep: night, or switched off': 'Schlaf: Nacht, oder abgeschaltet',
    'the database fails': 'die Datenbank versagt',
    'readings cannot be kept': 'Messwerte können nicht aufbewahrt werden',
    'addressing not told yet': 'Adressen noch nicht bekannt',
    'protobuf, encrypted': 'Protobuf, verschlüsselt',
    'protobuf, plain': 'Protobuf, unverschlüsselt',
    'extended frames of hybrid inverters': 'erweiterte Rahmen der Hybrid-Wechselrichter',

    // Verdicts: crates/api/src/verdict.rs
    'No DTU is configured, so nothing is read: set DTU_HOST to the address of one.':
      'Keine DTU ist eingerichtet, also wird nichts gelesen: DTU_HOST auf die Adresse einer DTU setzen.',
    'the cause is not known.': 'Die Ursache ist nicht bekannt.',
  },
  patterns: [
    [/^alarm (\d+)$/, ([code]) => `Alarm ${code}`],
    [/^power-stage fault (\d+)$/, ([code]) => `Fehler der Leistungsstufe ${code}`],
    [/^panel (\d) is probably shaded$/, ([n]) => `Modul ${n} ist wohl verschattet`],
    [/^panel (\d): no input$/, ([n]) => `Modul ${n}: keine Spannung am Eingang`],
    [/^panel (\d) voltage too (high|low)$/, ([n, how]) => `Spannung von Modul ${n} zu ${HOW[how ?? '']}`],
    [/^input ([A-C]) voltage too (high|low)$/, ([n, how]) => `Spannung an Eingang ${n} zu ${HOW[how ?? '']}`],
    [/^input ([A-C]) wired wrongly$/, ([n]) => `Eingang ${n} falsch angeschlossen`],

    // Why a DTU cannot be read: crates/dtu/src/driver.rs
    [
      /^the name in '(.*)' is not known on this network: /,
      ([address]) =>
        `der Name in „${address}“ ist in diesem Netzwerk nicht bekannt: den Namen der DTU prüfen oder ihre IP-Adresse nehmen`,
    ],
    [
      /^nothing answers at (\S+): is the DTU powered/,
      ([address]) =>
        `unter ${address} antwortet nichts: Hat die DTU Strom und ist sie im Netzwerk, und hat der Router ihr eine andere Adresse gegeben?`,
    ],
    [
      /^(\S+) refuses the connection: Modbus TCP is switched off/,
      ([address]) =>
        `${address} lehnt die Verbindung ab: Modbus TCP ist in der DTU ausgeschaltet. In der S-Miles-Installer-App den RS485-Modus auf Remote Control / Modbus stellen (Export Management schaltet Modbus aus), oder die Portnummer prüfen`,
    ],
    [
      /^(\S+) refuses the connection: it does not speak the Wi-Fi protocol/,
      ([address]) =>
        `${address} lehnt die Verbindung ab: Das WLAN-Protokoll wird dort nicht gesprochen. Eine DTU-Pro wird mit dem Protokoll modbus auf Port 502 gelesen; HMS-…-2WB und -4WB (HiFlow Pro) sind nur über Bluetooth erreichbar, für kein Programm im Netzwerk`,
    ],
    [
      /^nothing answers at (\S+): a DTU inside an inverter is off at night/,
      ([address]) =>
        `unter ${address} antwortet nichts: Eine DTU im Wechselrichter ist nachts aus; am Tag: Läuft der Wechselrichter und ist er im WLAN, und hat der Router ihm eine andere Adresse gegeben?`,
    ],
    [
      /^the DTU at (\S+) hangs up: another client/,
      ([address]) =>
        `die DTU unter ${address} legt auf: Ein anderes Programm hat die Verbindung übernommen, und sie bedient nur eines. Das Toolkit der S-Miles-App schließen und jedes andere Programm beenden, das sie liest`,
    ],
    [
      /^the DTU at (\S+) encrypts but gives no key/,
      ([address]) =>
        `die DTU unter ${address} verschlüsselt, gibt aber keinen Schlüssel: neu starten, und wenn das so bleibt, ihre Firmware-Version melden`,
    ],
    [
      /^the DTU at (\S+) encrypts with another key/,
      ([address]) =>
        `die DTU unter ${address} verschlüsselt mit einem anderen Schlüssel, als sie nannte: Vielleicht startet sie gerade; wenn das so bleibt, die DTU neu starten`,
    ],
    [
      /^the DTU at (\S+) tells who it is but gives no data/,
      ([address]) =>
        `die DTU unter ${address} sagt, wer sie ist, gibt aber keine Daten über das WLAN-Protokoll, wie neuere DTU-Pro-S: das Protokoll auf modbus stellen, Port 502, und Modbus TCP in der S-Miles-Installer-App einschalten`,
    ],
    [
      /^the DTU at (\S+) is of a model that shows its readings over Bluetooth only/,
      ([address]) =>
        `die DTU unter ${address} zeigt ihre Werte nur über Bluetooth (HMS-…-2WB oder -4WB): Über das Netzwerk ist sie nicht zu lesen`,
    ],
    [
      /^the DTU at (\S+) gave a reading without its page (\S+) of (\S+),/,
      ([address, page, of]) =>
        `die DTU unter ${address} gab einen Messwert ohne Seite ${page} von ${of}, der so nichts wert ist: Sie ist beschäftigt; wenn das so bleibt, seltener abfragen`,
    ],
    [
      /^the DTU at (\S+) keeps showing its reading of (\S+): /,
      ([address, since]) =>
        `die DTU unter ${address} zeigt immer noch den Messwert von ${since}: neu starten, und wenn das so bleibt, seltener abfragen`,
    ],
    [
      /^the DTU at (\S+) takes the connection but gives no answer within (\S+) s: /,
      ([address, seconds]) =>
        `die DTU unter ${address} nimmt die Verbindung an, antwortet aber nicht innerhalb von ${seconds} s: Sie ist beschäftigt oder hängt, oder ein anderes Programm liest sie; wenn das so bleibt, die DTU neu starten`,
    ],
    [
      /^the DTU at (\S+) hangs up: it serves one client only/,
      ([address]) =>
        `die DTU unter ${address} legt auf: Sie bedient nur ein Programm, also jedes andere beenden, das sie liest`,
    ],
    [
      /^the DTU at (\S+) answers but no inverters are mapped yet/,
      ([address]) =>
        `die DTU unter ${address} antwortet, hat aber noch keine Wechselrichter: in der S-Miles-App zur Anlage hinzufügen und warten, bis die DTU sie gefunden hat`,
    ],
    [
      /^what answers at (\S+) does not speak as a Hoymiles DTU does: (.*)$/,
      ([address, what]) => `was unter ${address} antwortet, spricht nicht wie eine DTU von Hoymiles: ${what}`,
    ],
    [
      /^the connection to (\S+) failed: (.*)$/,
      ([address, what]) => `die Verbindung zu ${address} misslang: ${what}`,
    ],

    // States, events and verdicts with something in them
    [
      /^DTU '(.*)' at (\S+) has not answered since the bridge started(?:: (.*)|\.)$/,
      ([name, address, why], inner) =>
        `DTU „${name}“ unter ${address} hat seit dem Start der Bridge nicht geantwortet${why ? `: ${inner(why)}` : '.'}`,
    ],
    [
      /^DTU '(.*)' at (\S+) last answered at (\S+?)(?:: (.*)|\.)$/,
      ([name, address, at, why], inner) =>
        `DTU „${name}“ unter ${address} antwortete zuletzt am ${at}${why ? `: ${inner(why)}` : '.'}`,
    ],
    [
      /^The bridge (.*) polls this DTU; this one shows/,
      ([holder]) =>
        `Die Bridge ${holder} fragt diese DTU ab; diese hier zeigt, was jene speichert, und übernimmt, wenn sie weg ist.`,
    ],
    [
      /^the DTU is read with (.*) now, before: (.*)$/,
      ([now, before], inner) => `die DTU wird jetzt mit ${inner(now ?? '')} gelesen, vorher: ${inner(before ?? '')}`,
    ],
    [/^(byte|word) addressing( as configured)?$/, ([kind, set]) => `${kind === 'byte' ? 'Byte' : 'Wort'}-Adressen${set ? ' laut Einstellung' : ''}`],
    [/^(\d+) records? per request$/, ([n]) => (n === '1' ? 'ein Eintrag je Anfrage' : `${n} Einträge je Anfrage`)],
    [/^(.* addressing.*|addressing not told yet), (.*)$/, ([which, records], inner) => `${inner(which ?? '')}, ${inner(records ?? '')}`],
    [
      /^the counter showed (\d+) Wh after (\d+) Wh and came back: ignored$/,
      ([shown, expected]) => `der Zähler zeigte ${shown} Wh nach ${expected} Wh und kam zurück: nicht beachtet`,
    ],
    [
      /^the counter fell from (\d+) Wh to (\d+) Wh and counts on from there/,
      ([before, after]) =>
        `der Zähler fiel von ${before} Wh auf ${after} Wh und zählt von dort weiter: Die Energie geht ohne Sprung weiter`,
    ],
    [
      /^the counter jumped from (\d+) Wh to (\d+) Wh,/,
      ([before, after]) =>
        `der Zähler sprang von ${before} Wh auf ${after} Wh, mehr als das Modul in der Zeit liefern kann: Der Sprung zählt nicht`,
    ],
    [/^Readings are being lost: (.*)$/, ([why], inner) => `Messwerte gehen verloren: ${inner(why ?? '')}`],
    [
      /^(\d+) readings could not be kept so far(?:, the last at (\S+?))?\.$/,
      ([n, at]) => `${n} Messwerte konnten bisher nicht aufbewahrt werden${at ? `, der letzte am ${at}` : ''}.`,
    ],
    [
      /^The database refused (\d+) readings; they are kept in quarantine\.$/,
      ([n]) => `Die Datenbank hat ${n} Messwerte abgelehnt; sie liegen in Quarantäne.`,
    ],
    [
      /^The database cannot be reached, and (\d+) snapshots wait in the outbox: (.*)$/,
      ([n, why], inner) =>
        `Die Datenbank ist nicht erreichbar, und ${n} Abfragen warten im Postausgang: ${inner(why ?? '')}`,
    ],
  ],
}

const HOW: Readonly<Record<string, string>> = { high: 'hoch', low: 'niedrig' }
