// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Logging
import Systemd

// MARK: - The journal

extension Session {
  private var metadata: Logger.Metadata {
    [
      JournalField.session: "\(id)",
      JournalField.engine: "\(spec.engine.name)",
      JournalField.state: "\(life.state.rawValue)",
      JournalField.aboutUnit: "\(record.unit)",
    ]
  }

  func log(_ level: Logger.Level, _ message: String) {
    logger.log(level: level, "\(id): \(message)", metadata: metadata)
  }

  func logEndAtLogout() {
    let remedy = "to keep it: ongoingcallctl launch --linger, or loginctl enable-linger"
    var fields = metadata
    fields["MESSAGE_ID"] = "\(MessageID.endsAtLogout)"
    logger.notice("\(id) will end at the last logout, because the user does not linger (\(remedy))", metadata: fields)
  }

  /// What happens over and over does not drive everything else out of the journal.
  private func mayLog() -> Bool {
    guard lines.take() else { return false }
    let missed = lines.takeMissed()
    if missed > 0 { log(.notice, "\(missed) repeated messages were suppressed") }
    return true
  }

  /// Something that clients, the engine or the notification server can cause as often as they like.
  func logLimited(_ level: Logger.Level, _ message: String) { if mayLog() { log(level, message) } }

  func log(_ event: RecordedEvent) {
    guard life.state == .ended || mayLog() else { return }
    var fields = metadata
    fields[JournalField.event] = "\(event.name)"
    fields[JournalField.sequence] = "\(event.sequence)"
    fields[JournalField.title] = "\(spec.title)"
    fields[JournalField.uri] = spec.uri.map { "\($0)" }
    fields[JournalField.reason] = event.reason.map { "\($0)" }
    fields[JournalField.detail] = event.detail.map { "\($0)" }
    fields[JournalField.muted] = event.muted.map { $0 ? "1" : "0" }
    fields[JournalField.onHold] = event.onHold.map { $0 ? "1" : "0" }
    if event.name == EventName.launched.rawValue || life.state == .ended, let command = spec.command {
      fields[JournalField.command] = "\(CommandText.short(command).prefix(Limit.commandInJournal))"
    }
    if let process = program?.process { fields[JournalField.process] = "\(process)" }
    fields[JournalField.exitStatus] = event.exitStatus.map { "\($0)" }
    fields["MESSAGE_ID"] = MessageID.of(event: event.name).map { "\($0)" }
    if record.joinedAt > 0 { fields[JournalField.duration] = "\(record.duration(now: SystemClock.boottime.now))" }
    let states = [event.muted.map { $0 ? "muted" : "unmuted" }, event.onHold.map { $0 ? "on hold" : "resumed" }]
    let whys = ([event.reason, event.detail] + states).compactMap(\.self)
    let why = whys.isEmpty ? "" : " (\(whys.joined(separator: ": ")))"
    logger.notice("\(id) “\(spec.title)”: \(event.name)\(why)", metadata: fields)
  }
}
