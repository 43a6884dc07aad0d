// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Lines of the journal that others can cause as often as they like. Those that are too many are counted.
@EventLoopActor
final class LimitedLog {
  private let logger: Logger
  private let subject: String
  private var lines: TokenBucket

  /// - Parameter subject: what the lines are about.
  init(
    _ logger: Logger, about subject: String, atMost limit: Int = Limit.journalLines,
    every interval: Duration = Wait.journalLine
  ) {
    (self.logger, self.subject) = (logger, subject)
    lines = TokenBucket(limit, every: interval)
  }

  func log(_ level: Logger.Level, _ message: @autoclosure () -> String) {
    guard level >= logger.logLevel, lines.take() else { return }
    let missed = lines.takeMissed()
    if missed > 0 { logger.notice("\(missed) messages about \(subject) were suppressed") }
    logger.log(level: level, "\(message())")
  }
}

extension DisplayText {
  /// The beginning of what may be endless: a single character can consist of any number of scalars.
  init(_ text: String, scalars: Int) {
    self.init(String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalars))))
  }
}

extension BusError {
  /// What another program on the bus says, on one line.
  var shown: DisplayText { DisplayText(description, scalars: Limit.problemCharacters) }
}
