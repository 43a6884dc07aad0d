// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Two descriptors that are kept from all other use, for what must not fail where no other is free.
@EventLoopActor
public enum SpareDescriptor {
  private static var descriptors: [Int32] = []

  /// Takes them. To be done while there are descriptors.
  public static func hold() {
    while descriptors.count < 2 {
      let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      descriptors.append(descriptor)
    }
  }

  /// Lends them to `body`, which opens no more than two descriptors at a time, and closes them.
  public static func use<T, E>(_ body: () throws(E) -> T) throws(E) -> T {
    guard !descriptors.isEmpty else { return try body() }
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
    defer { hold() }
    return try body()
  }
}
