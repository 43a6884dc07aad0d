// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Glibc
import LinuxFiles
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The real process for files, stopped and killed; in a process of each test's own, since that is forked.
@Suite(.timeLimit(.minutes(1))) struct FileWorkerTests {
  /// A worker that has its process, and that.
  @EventLoopActor
  private static func started() throws -> (FileWorker, Int32) {
    let worker = FileWorker.shared
    worker.start(try FileWorker.fork(), .silent)
    return (worker, try #require(worker.process))
  }

  @EventLoopActor
  private static func size(_ worker: FileWorker, _ path: String, within patience: Duration) async -> FileFact? {
    let facts: [FileFact]? = try? await worker.ask(.look([.size(path)]), about: path, within: patience)
    return facts?.first
  }

  @Test func jobsAreDoneInTheirOrderByAnotherProcess() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      try await onEventLoop {
        let (worker, process) = try Self.started()
        var answers: [String] = []
        for number in 0..<20 {
          let write = FileJob.write("file", in: folder["a/b"], text: String(repeating: "x", count: number))
          worker.submit(about: folder.path, within: .seconds(20)) {
            write
          } done: { (_: Result<FileJob.Done, FileTrouble>) in
          }
          worker.submit(about: folder.path, within: .seconds(20)) {
            .read(folder["a/b/file"])
          } done: {
            (result: Result<FileJob.Maybe<String>, FileTrouble>) in
            answers.append((try? result.get())?.value ?? "?")
          }
        }
        _ = await Self.size(worker, folder["a/b/file"], within: .seconds(20))
        try #require(answers.map(\.count) == Array(0..<20))
        try #require(process != getpid())
        // What goes wrong is told in the system's words.
        do throws(FileTrouble) {
          let job = FileJob.write("b", in: folder["a/b/file"], text: "")
          let _: FileJob.Done = try await worker.ask(job, about: folder.path)
          exit(1)
        } catch { try #require("\(error)".contains("could not create \(folder["a/b/file"])")) }
      }
    }
  }

  @Test func whatIsLargerThanASocketsRoomArrivesWhole() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      try await onEventLoop {
        let (worker, _) = try Self.started()
        let text = String(repeating: "abcdefgh", count: 125_000)
        let _: FileJob.Done = try await worker.ask(.write("file", in: folder.path, text: text), about: "")
        let read: FileJob.Maybe<String> = try await worker.ask(.read(folder["file"]), about: "")
        try #require(read.value == text)
      }
    }
  }

  @Test func aFolderThatDoesNotAnswerIsNotWaitedForLong() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      try await onEventLoop {
        let (worker, process) = try Self.started()
        folder.write("abc", to: "file")
        try #require(await Self.size(worker, folder["file"], within: .seconds(20)) == .size(3))
        // As a disk that is frozen stops it, only that this can be undone.
        kill(process, SIGSTOP)
        var late: [FileFact] = []
        let answered = Mailbox<Void>()
        worker.onAnswer = { answered.put(()) }
        let first = Mailbox<FileTrouble?>()
        worker.submit(about: "/the/home", within: .milliseconds(50)) {
          .look([.size(folder["file"])])
        } late: {
          late = $0
        } done: { (result: Result<[FileFact], FileTrouble>) in
          if case .failure(let trouble) = result { first.put(trouble) } else { first.put(nil) }
        }
        // Those that would come after it need not have their own time.
        let second = Mailbox<FileTrouble?>()
        worker.submit(about: "/another", within: .seconds(3600)) {
          .look([])
        } done: {
          (result: Result<[FileFact], FileTrouble>) in
          if case .failure(let trouble) = result { second.put(trouble) } else { second.put(nil) }
        }
        try #require(await first.next() == .silent("/the/home"))
        try #require(await second.next() == .silent("/another"))
        try #require(worker.isSilent)
        try #require(await Self.size(worker, folder["file"], within: .seconds(3600)) == nil)
        kill(process, SIGCONT)
        try #require(await answered.next() != nil)
        try #require(late == [.size(3)] && !worker.isSilent)
        try #require(await Self.size(worker, folder["file"], within: .seconds(20)) == .size(3))
      }
    }
  }

  @Test func onlySoManyWait() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      folder.write("abc", to: "file")
      try await onEventLoop {
        let (worker, process) = try Self.started()
        // It has begun, and from then on ends with its parent.
        try #require(await Self.size(worker, folder["file"], within: .seconds(20)) == .size(3))
        kill(process, SIGSTOP)
        var troubles: [FileTrouble] = []
        for _ in 0..<FileWorker.limit + 3 {
          worker.submit(about: "/x", within: .seconds(3600)) {
            .look([])
          } done: { (result: Result<[FileFact], FileTrouble>) in
            if case .failure(let trouble) = result { troubles.append(trouble) }
          }
        }
        try #require(troubles == [.crowded("/x", FileWorker.limit), .crowded("/x", FileWorker.limit)])
      }
    }
  }

  @Test func anotherProcessTakesThePlaceOfOneThatIsGone() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      folder.write("abc", to: "file")
      try await onEventLoop {
        let (worker, process) = try Self.started()
        kill(process, SIGSTOP)
        let trouble = Mailbox<FileTrouble?>()
        worker.submit(about: "/x", within: .seconds(3600)) {
          .look([])
        } done: { (result: Result<[FileFact], FileTrouble>) in
          if case .failure(let error) = result { trouble.put(error) } else { trouble.put(nil) }
        }
        kill(process, SIGKILL)
        try #require(await trouble.next() == .interrupted)
        try #require(await Self.size(worker, folder["file"], within: .seconds(20)) == .size(3))
        try #require(worker.process != nil && worker.process != process)
        // The one that is gone is nobody's to wait for.
        try #require(kill(process, 0) < 0)
      }
    }
  }

  @Test func theProcessHasNothingOfTheDaemonsAndEndsWithIt() async {
    await #expect(processExitsWith: .success) {
      let kept = open("/dev/null", O_RDONLY)
      try await onEventLoop {
        let (worker, process) = try Self.started()
        _ = await Self.size(worker, "/", within: .seconds(20))
        try #require(Files.names(in: "/proc/\(process)/fd") == ["0", "1", "2"])
        try #require(kept > 2)
      }
    }
  }

  /// A change that was told to have failed is taken over where it comes late, and none is lost.
  @Test func aChannelThatIsKeptLateIsThere() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      try await onEventLoop {
        let (worker, process) = try Self.started()
        let store = ChannelStore(directory: folder["state"], known: nil, logger: .silent)
        let (work, home) = (
          NotificationChannel(id: "work", name: "work"), NotificationChannel(id: "home", name: "home")
        )
        try await store.create(work)
        kill(process, SIGSTOP)
        do throws(BusError) {
          try await store.create(home)
          exit(1)
        } catch {
          try #require(
            error.message == "cannot save the channel “home”: the folder \(folder["state"]) does not answer")
        }
        try #require(store.channels.all.map(\.id) == ["CometChat_Call_Ongoing_Conference", "work"])
        // What changes nothing waits for nothing.
        try await store.create(work)
        let answered = Mailbox<Void>()
        worker.onAnswer = { answered.put(()) }
        kill(process, SIGCONT)
        try #require(await answered.next() != nil)
        try #require(store.channels["home"] == home)
        try await store.delete("work")
        try #require(ChannelStore.load("\(folder["state"])/channels.json", .silent) == [home])
      }
    }
  }
}
