// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct ChannelStoreTests {
  let folder = TemporaryFolder()

  @EventLoopActor
  private func store() -> ChannelStore { ChannelStore(directory: folder["state/ongoingcall"], logger: .silent) }

  private var file: String { folder["state/ongoingcall/channels.json"] }
  private let work = NotificationChannel(
    id: "work", name: "At work", importance: .max, lockscreenVisibility: .public, sound: true)

  @Test func theDefaultOneIsThereByItself() async throws {
    try await onEventLoop {
      #expect(store().channels.all == [.default])
      #expect(store().channels[nil] == .default)
      #expect(store().channels["CometChat_Call_Ongoing_Conference"] == .default)
      #expect(store().channels["work"] == nil)
      #expect(!Files.exists(file))
    }
  }

  @Test func whatIsCreatedIsKept() async throws {
    try await onEventLoop {
      let first = store()
      try await first.create(work)
      #expect(first.channels.all == [.default, work])
      #expect(store().channels == first.channels)
      var changed = work
      changed.sound = false
      try await first.create(changed)
      #expect(store().channels.all == [.default, changed])
      var loud = NotificationChannel.default
      loud.sound = true
      try await first.create(loud)
      #expect(store().channels.all == [loud, changed])
      #expect(store().channels[nil] == loud)
    }
  }

  @Test func whatIsDeletedIsGone() async throws {
    try await onEventLoop {
      let first = store()
      try await first.create(work)
      try await first.create(NotificationChannel(id: "home", name: "At home"))
      try await first.delete(work.id)
      #expect(first.channels.all.map(\.id) == [NotificationChannel.defaultID, "home"])
      #expect(store().channels == first.channels)
      try await first.create(work)
      #expect(store().channels[work.id] == work)
    }
  }

  @Test(arguments: [
    (
      "wrok",
      #"option “id”: there is no notification channel “wrok”; there are CometChat_Call_Ongoing_Conference, work"#
    ),
    ("", "option “id”: there is no notification channel “”; there are CometChat_Call_Ongoing_Conference, work"),
    (
      "CometChat_Call_Ongoing_Conference",
      "option “id”: “CometChat_Call_Ongoing_Conference” is the default channel, which cannot be deleted; "
        + "create it again to change its settings"
    ),
  ])
  func whatCannotBeDeletedIsSaid(_ id: String, _ text: String) async throws {
    try await onEventLoop {
      let store = store()
      try await store.create(work)
      var loud = NotificationChannel.default
      loud.sound = true
      try await store.create(loud)
      do throws(BusError) {
        try await store.delete(id)
        Issue.record("it was deleted")
      } catch { #expect(error == BusError(BusErrorName.invalidOption, text)) }
      #expect(self.store().channels.all == [loud, work])
    }
  }

  @Test func thereAreOnlySoMany() async throws {
    try await onEventLoop {
      let store = store()
      for number in 0..<Limit.channels { try await store.create(NotificationChannel(id: "c\(number)", name: "c")) }
      do throws(BusError) {
        try await store.create(work)
        Issue.record("one more was created")
      } catch { #expect(error.name == BusErrorName.limitReached) }
      #expect(store.channels[work.id] == nil)
      // One that is there can still be changed.
      try await store.create(NotificationChannel(id: "c0", name: "another"))
      #expect(self.store().channels["c0"]?.name == "another")
    }
  }

  @Test(arguments: [
    "", "{", "[]", #"{"version":2,"channels":[]}"#, #"{"version":1}"#,
    #"{"version":1,"channels":[{"id":"a b","name":"x","importance":"min","lockscreenVisibility":"secret","sound":true}]}"#,
    #"{"version":1,"channels":[{"id":"a","name":"","importance":"min","lockscreenVisibility":"secret","sound":true}]}"#,
    #"{"version":1,"channels":[{"id":"a","name":"x\ny","importance":"min","lockscreenVisibility":"secret","sound":true}]}"#,
    #"{"version":1,"channels":[{"id":"a","name":"x","importance":"loud","lockscreenVisibility":"secret","sound":true}]}"#,
    #"{"version":1,"channels":[{"id":"a","name":"x","importance":"min","lockscreenVisibility":"secret","sound":1}]}"#,
    """
    {"version":1,"channels":[{"id":"a","name":"x","importance":"min","lockscreenVisibility":"secret","sound":true},
    {"id":"a","name":"x","importance":"min","lockscreenVisibility":"secret","sound":true}]}
    """,
  ])
  func aFileThatCannotBeIsSetAside(_ contents: String) async throws {
    folder.makeFolder("state")
    folder.makeFolder("state/ongoingcall")
    folder.write(contents, to: "state/ongoingcall/channels.json")
    try await onEventLoop {
      let store = store()
      #expect(store.channels.all == [.default])
      #expect(Files.names(in: folder["state/ongoingcall"]) == ["channels.json.unreadable"])
      try await store.create(work)
      #expect(self.store().channels.all == [.default, work])
    }
  }

  @Test func whatCannotBeKeptIsNotThere() async throws {
    folder.write("not a folder", to: "state")
    try await onEventLoop {
      let store = store()
      do throws(BusError) {
        try await store.create(work)
        Issue.record("it was created")
      } catch { #expect(error.name == "org.freedesktop.DBus.Error.IOError") }
      #expect(store.channels.all == [.default])
    }
  }

  @Test func whatCannotBeTakenOutOfTheFileIsStillThere() async throws {
    try await onEventLoop {
      let store = store()
      try await store.create(work)
      Files.remove(file)
      #expect(rmdir(folder["state/ongoingcall"]) == 0 && rmdir(folder["state"]) == 0)
      folder.write("not a folder", to: "state")
      do throws(BusError) {
        try await store.delete(work.id)
        Issue.record("it was deleted")
      } catch {
        #expect(error.name == "org.freedesktop.DBus.Error.IOError")
        #expect(error.message.hasPrefix("cannot delete the channel “work”: "))
      }
      #expect(store.channels.all == [.default, work])
    }
  }

  @Test func withoutAFolderThereIsTheDefaultOneAlone() async throws {
    try await onEventLoop {
      let store = ChannelStore(directory: nil, logger: .silent)
      do throws(BusError) {
        try await store.create(work)
        Issue.record("it was created")
      } catch {
        #expect(error.name == "org.freedesktop.DBus.Error.IOError" && error.message.contains("set HOME"))
      }
      #expect(store.channels.all == [.default])
    }
  }
}
