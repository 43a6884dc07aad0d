// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification

// What arrives of notifications and channels, and what this machine has of what they name.

extension CustomNotification {
  /// - Parameters:
  ///   - phrases: what the call's own buttons say.
  ///   - files: what is known of those that it names.
  init(
    options entries: [(String, BusValue)], channels: NotificationChannels, phrases: Phrases = .init(), files: FileFacts
  ) throws(CallRefusal) {
    self = try CallRefusal.ofOption { () throws(OptionProblem) in try CustomNotification(entries) }
    try check(channels, phrases, files)
  }

  /// - Parameter parent: the option that it is the value of.
  mutating func check(
    in parent: String? = nil, _ channels: NotificationChannels, _ phrases: Phrases, _ files: FileFacts
  ) throws(CallRefusal) {
    if let problem = files.problem(ofIcon: icon) {
      throw CallRefusal(OptionProblem(NotificationKey.icon, problem).inside(parent))
    }
    for action in actions
    where phrases.buttons.contains(where: { DisplayText($0).looksLike(DisplayText(action.label)) }) {
      let problem = "“\(action.label)”, the label of “\(action.key)”, looks like one of the call's own; choose another"
      throw CallRefusal(OptionProblem(NotificationKey.actions, problem).inside(parent))
    }
    try channels.check(NotificationKey.channel, channel, in: parent)
    try returnTarget?.check(in: parent, files)
  }
}

extension FileFacts {
  /// An icon with a “/” is a file that the notification server is to read.
  fileprivate func problem(ofIcon icon: String?) -> String? {
    guard let icon, icon.contains("/") else { return nil }
    let shown = DisplayText(String(icon.prefix(256)))
    guard let size = size(ofReadable: icon) else {
      return "“\(shown)” does not exist, or is not a readable file"
    }
    guard size <= Limit.iconFileBytes else {
      return "“\(shown)” is \(size) bytes large; at most \(Limit.iconFileBytes) are allowed"
    }
    return nil
  }
}

extension NotificationChannels {
  /// As the end of an error's text.
  var listed: String { "there \(all.count == 1 ? "is" : "are") \(all.map(\.id).joined(separator: ", "))" }

  /// Whether there is the channel that an option names.
  func check(_ option: String, _ id: String?, in parent: String? = nil) throws(CallRefusal) {
    guard let id, self[id] == nil else { return }
    let problem =
      NotificationChannel.missing(id) + "; create it with “ongoingcallctl channel create” "
      + "(CreateNotificationChannel); \(listed)"
    throw CallRefusal(OptionProblem(option, problem).inside(parent))
  }
}
