// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

// What arrives of notifications and channels, checked.

extension CustomNotification {
  static let signatures = [
    NotificationKey.icon: "s", NotificationKey.title: "s", NotificationKey.text: "s", NotificationKey.priority: "s",
    NotificationKey.ongoing: "b", NotificationKey.autoCancel: "b", NotificationKey.visibility: "s",
    NotificationKey.category: "s", NotificationKey.actions: "a(ss)", NotificationKey.channel: "s",
    NotificationKey.returnDBus: "(so)", NotificationKey.returnCommand: "as",
  ]

  /// - Parameters:
  ///   - parent: the option that this is the value of.
  ///   - phrases: what the call's own buttons say.
  ///   - files: what is known of those that it names.
  init(
    options dictionary: [(String, BusValue)], in parent: String? = nil, channels: NotificationChannels,
    phrases: Phrases = .init(), files: FileFacts
  ) throws(CallRefusal) {
    let options = try OptionDictionary(dictionary, Self.signatures, in: parent)
    self.init()
    icon = try options.icon(NotificationKey.icon, files)
    title = try options.line(NotificationKey.title, atMost: Limit.titleBytes)
    text = try options.line(NotificationKey.text, atMost: Limit.notificationTextBytes)
    priority = try options.choice(NotificationKey.priority)
    isOngoing = options.bool(NotificationKey.ongoing) ?? true
    autoCancels = options.bool(NotificationKey.autoCancel) ?? false
    visibility = try options.choice(NotificationKey.visibility)
    category = try options.category(NotificationKey.category)
    actions = try options.actions(NotificationKey.actions, besides: phrases.buttons)
    channel = try options.channel(NotificationKey.channel, of: channels)
    returnTarget = try options.returnTarget(files)
  }
}

extension NotificationChannel {
  private static let signatures = [
    ChannelKey.id: "s", ChannelKey.name: "s", ChannelKey.importance: "s", ChannelKey.lockscreenVisibility: "s",
    ChannelKey.sound: "b",
  ]

  init(options dictionary: [(String, BusValue)]) throws(CallRefusal) {
    let options = try OptionDictionary(dictionary, Self.signatures)
    guard let id = try options.identifier(ChannelKey.id, atMost: Limit.channelIDBytes) else {
      throw options.problem(ChannelKey.id, "it is missing; a channel needs one")
    }
    let usual = id == Self.defaultID ? Self.default : NotificationChannel(id: id, name: id)
    self = usual
    name = try options.line(ChannelKey.name, atMost: Limit.channelNameBytes) ?? usual.name
    importance = try options.choice(ChannelKey.importance) ?? usual.importance
    lockscreenVisibility = try options.choice(ChannelKey.lockscreenVisibility) ?? usual.lockscreenVisibility
    sound = options.bool(ChannelKey.sound) ?? usual.sound
  }

  /// What a file says may be anything.
  var isValid: Bool {
    OptionDictionary.isIdentifier(id) && id.utf8.count <= Limit.channelIDBytes
      && name.utf8.count <= Limit.channelNameBytes && !name.isEmpty && DisplayText(name).description == name
  }
}

extension NotificationChannels {
  /// As the end of an error's text.
  var listed: String { "there \(all.count == 1 ? "is" : "are") \(all.map(\.id).joined(separator: ", "))" }
}

extension OptionDictionary {
  /// The id of a channel that there is.
  func channel(_ name: String, of channels: NotificationChannels) throws(CallRefusal) -> String? {
    guard let id = string(name) else { return nil }
    guard channels[id] != nil else {
      throw problem(
        name,
        "there is no notification channel “\(Self.shown(id))”; create it with “ongoingcallctl channel create” (CreateNotificationChannel); "
          + channels.listed)
    }
    return id
  }

  /// The name of a theme's icon, or an image file that can be read.
  fileprivate func icon(_ name: String, _ files: FileFacts) throws(CallRefusal) -> String? {
    guard let icon = string(name), !icon.isEmpty else { return nil }
    guard icon.contains("/") else { return try identifier(name, atMost: Limit.iconNameBytes) }
    try check(name, icon, atMost: Limit.pathBytes)
    let shown = DisplayText(String(icon.prefix(256)))
    guard icon.hasPrefix("/") else {
      throw problem(name, "“\(shown)” is neither an absolute path nor the name of an icon")
    }
    guard let size = files.size(ofReadable: icon) else {
      throw problem(name, "“\(shown)” does not exist, or is not a file that can be read")
    }
    guard size <= Limit.iconFileBytes else {
      throw problem(name, "“\(shown)” is \(size) bytes large; at most \(Limit.iconFileBytes) are allowed")
    }
    return icon
  }

  /// `class` or `class.specific` (Desktop Notifications Specification, "Categories").
  fileprivate func category(_ name: String) throws(CallRefusal) -> String? {
    guard let category = string(name), !category.isEmpty else { return nil }
    try check(name, category, atMost: Limit.categoryBytes)
    let isValid = category.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }
    guard isValid else {
      throw problem(name, "“\(Self.shown(category))” is no category; one is written as in “call” or “x-app.call”")
    }
    return category
  }

  fileprivate func actions(_ name: String, besides builtIn: [String]) throws(CallRefusal) -> [CustomNotification.Action]
  {
    let pairs = (self[name]?.asArray ?? []).compactMap { $0.asStructure?.compactMap(\.asString) }
    guard pairs.count <= Limit.notificationActions else {
      throw problem(name, "there are \(pairs.count); at most \(Limit.notificationActions) are allowed")
    }
    var actions: [CustomNotification.Action] = []
    for pair in pairs {
      let (key, label) = (pair[0], DisplayText(pair[1]).description)
      let isPlain = key.utf8.allSatisfy { $0 == 45 || (48...57).contains($0) || (97...122).contains($0) }
      guard isPlain, (1...Limit.actionKeyBytes).contains(key.utf8.count) else {
        throw problem(
          name, "“\(Self.shown(key))” is no key; one is 1 to \(Limit.actionKeyBytes) of a-z, 0-9 and “-”")
      }
      guard DisplayText(label).isVisible else { throw problem(name, "the label of “\(key)” shows nothing") }
      guard label.utf8.count <= Limit.actionLabelBytes else {
        throw problem(
          name, "the label of “\(key)” is \(label.utf8.count) bytes long; at most \(Limit.actionLabelBytes) are allowed"
        )
      }
      guard !builtIn.contains(where: { DisplayText($0).looksLike(DisplayText(label)) }) else {
        throw problem(name, "“\(label)”, the label of “\(key)”, is one of the call's own; choose another")
      }
      guard !actions.contains(where: { $0.key == key }) else { throw problem(name, "“\(key)” is there twice") }
      actions.append(.init(key: key, label: label))
    }
    return actions
  }
}
