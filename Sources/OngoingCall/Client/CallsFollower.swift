// SPDX-License-Identifier: Apache-2.0
package import CallModel

/// What a client that shows all calls knows at one time.
package struct CallsPicture: Sendable, Equatable {
  /// In the order of their launches; also those that ended a short while ago.
  package var sessions: [SessionInfo] = []
  /// Those of the calls that are being placed whose far end rings.
  package var ringing: Set<String> = []
  package var accounts: [AccountInfo] = []

  package init() {}
}

/// Follows all calls of the user, whatever becomes of the daemon and the bus meanwhile, and asks what is asked of them.
/// Looking starts no daemon.
package final class CallsFollower: Sendable {
  package enum News: Sendable, Equatable {
    case picture(CallsPicture)
    /// No daemon runs, so there are no calls.
    case noDaemon
    /// It cannot be told.
    case trouble(CallsError)
  }

  /// What is new, the newest alone where several wait.
  package let news: AsyncStream<News>
  private let newsSource: AsyncStream<News>.Continuation
  private let wishes: AsyncStream<Void>.Continuation
  private let client: AsyncClient

  package convenience init() {
    self.init { deadline throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find(), until: deadline)
    }
  }

  init(limit: Duration? = nil, connect: @escaping AsyncClient.Connect) {
    (news, newsSource) = AsyncStream.makeStream(of: News.self, bufferingPolicy: .bufferingNewest(1))
    // However much happens while one look is under way, one more look sees all of it.
    let (stream, wishes) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.wishes = wishes
    client = AsyncClient(limit: limit, connect: connect) { _ in wishes.yield() }
    Task { [weak self] in
      for await _ in stream { await self?.tellWhatThereIs() }
    }
    wishes.yield()
  }

  deinit {
    wishes.finish()
    newsSource.finish()
  }

  /// Looks again: what changes without an event is not told otherwise.
  package func look() { wishes.yield() }

  package func ask<Answer>(_ question: Question<Answer>) async throws(CallsError) -> Answer {
    try await client.ask(question)
  }

  @BusActor
  private func tellWhatThereIs() async {
    var pause: Duration = .milliseconds(50)
    while true {
      do throws(CallsError) {
        try client.connect()
        newsSource.yield(.picture(try await picture()))
        return
      } catch  where client.isConnected && !client.daemonIsThere {
        // Whoever comes next is a change, and looked at.
        newsSource.yield(.noDaemon)
        return
      } catch {
        newsSource.yield(.trouble(error))
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(5))
      }
    }
  }

  @BusActor
  private func picture() async throws(CallsError) -> CallsPicture {
    var picture = CallsPicture()
    picture.sessions = try await client.ask(.sessions, startsDaemon: false)
    picture.accounts = try await client.ask(.accounts, startsDaemon: false)
    if picture.sessions.contains(where: { $0.state == SessionState.launching.rawValue }) {
      let events = try await client.ask(.events(since: 0), startsDaemon: false)
      picture.ringing = Set(events.filter { $0.name == EventName.ringing.rawValue }.map(\.session))
    }
    return picture
  }
}
