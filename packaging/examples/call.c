// SPDX-License-Identifier: Apache-2.0
//
// Places a call that outlives this program, follows it to its end, and hangs up on Ctrl-C.
//
//     cc -o call call.c $(pkg-config --cflags --libs libsystemd)
//     ./call ADDRESS TITLE [APPLICATION OBJECT]
//
// APPLICATION is the bus name of a program, and OBJECT its object with org.freedesktop.Application, which a tap on the
// call's notification brings back.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#define NAME "org.ongoingcall.Calls1"
#define ROOT "/org/ongoingcall/Calls1"
#define MANAGER NAME ".Manager"
#define SESSION NAME ".Session"
#define ERROR NAME ".Error."
#define ANSWER_USEC (60 * UINT64_C(1000000))

static sd_bus *bus;
static char *session;     // The path of its object.
static const char *id;    // The last part of that.
static uint64_t sequence; // Of the last event that was told.

// Whether a call has failed; says so.
static int failed(int result, const char *what, const sd_bus_error *error) {
	if (result < 0) fprintf(stderr, "%s: %s\n", what, error && error->message ? error->message : strerror(-result));
	return result < 0;
}

// Asks for the session. With a token, a launch that is repeated is the same call.
static int launch(char **argv, const char *token, sd_bus_error *error) {
	sd_bus_message *call = NULL, *answer = NULL;
	const char *path;
	int r = sd_bus_message_new_method_call(bus, &call, NAME, ROOT, MANAGER, "Launch");
	if (r >= 0) r = sd_bus_message_open_container(call, 'a', "{sv}");
	if (r >= 0) r = sd_bus_message_append(call, "{sv}", "uri", "s", argv[1]);
	if (r >= 0) r = sd_bus_message_append(call, "{sv}", "title", "s", argv[2]);
	if (r >= 0) r = sd_bus_message_append(call, "{sv}", "token", "s", token);
	if (r >= 0 && argv[3]) r = sd_bus_message_append(call, "{sv}", "return-dbus", "(so)", argv[3], argv[4]);
	if (r >= 0) r = sd_bus_message_close_container(call);
	if (r >= 0) r = sd_bus_call(bus, call, ANSWER_USEC, error, &answer);
	if (r >= 0) r = sd_bus_message_read(answer, "o", &path);
	if (r >= 0) session = strdup(path);
	sd_bus_message_unref(answer);
	sd_bus_message_unref(call);
	return r;
}

// Tells an event; its details are a message's next part.
static int tell(sd_bus_message *events, const char *name) {
	static const char *const ends[] = {"session-left", "session-timed-out", "connection-closed", "launch-failed"};
	const char *reason = "";
	int r = sd_bus_message_enter_container(events, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(events, 'e', "sv")) > 0) {
		const char *key;
		r = sd_bus_message_read(events, "s", &key);
		if (r >= 0) r = strcmp(key, "reason") == 0 ? sd_bus_message_read(events, "v", "s", &reason)
		                                           : sd_bus_message_skip(events, "v");
		if (r >= 0) r = sd_bus_message_exit_container(events);
	}
	if (r >= 0) r = sd_bus_message_exit_container(events);
	printf("%s %s %s\n", id, name, reason);
	fflush(stdout);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(name, ends[i]) == 0) sd_event_exit(sd_bus_get_event(bus), EXIT_SUCCESS);
	return r;
}

// Tells what is new, nothing left out and nothing twice.
static int catch_up(void) {
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *events = NULL;
	int r = sd_bus_call_method(bus, NAME, ROOT, MANAGER, "EventsSince", &error, &events, "t", sequence);
	// A daemon that took the answer with it is followed by another, and that is heard of.
	if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY)) r = 0;
	else if (r >= 0) r = sd_bus_message_enter_container(events, 'a', "(ttsosa{sv})");
	while (r >= 0 && events && (r = sd_bus_message_enter_container(events, 'r', "ttsosa{sv}")) > 0) {
		const char *call, *name;
		r = sd_bus_message_read(events, "ttsos", &sequence, NULL, &call, NULL, &name);
		if (r >= 0) r = strcmp(call, id) == 0 ? tell(events, name) : sd_bus_message_skip(events, "a{sv}");
		if (r >= 0) r = sd_bus_message_exit_container(events);
	}
	failed(r, "what has happened to the call is not known", &error);
	sd_bus_error_free(&error);
	sd_bus_message_unref(events);
	return 0;
}

// A signal says that there is something new, or that there is a new daemon: the one before may have died with it.
static int on_news(sd_bus_message *signal, void *data, sd_bus_error *error) { return catch_up(); }

static int on_interrupt(sd_event_source *source, const struct signalfd_siginfo *info, void *data) {
	sd_bus_error error = SD_BUS_ERROR_NULL;
	failed(sd_bus_call_method(bus, NAME, session, SESSION, "HangUp", &error, NULL, ""), "cannot hang up", &error);
	sd_bus_error_free(&error);
	return 0;
}

static int follow(sd_event *loop) {
	sigset_t interrupt;
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, NULL);
	int r = sd_event_add_signal(loop, NULL, SIGINT, on_interrupt, NULL);
	if (r >= 0) r = sd_bus_match_signal(bus, NULL, NAME, session, SESSION, "Event", on_news, NULL);
	if (r >= 0) r = sd_bus_add_match(bus, NULL, "type='signal',sender='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='" NAME "'", on_news, NULL);
	if (r >= 0) r = sd_bus_attach_event(bus, loop, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0) r = catch_up();
	return r >= 0 ? sd_event_loop(loop) : r;
}

int main(int argc, char **argv) {
	if (argc != 3 && argc != 5) {
		fprintf(stderr, "usage: %s ADDRESS TITLE [APPLICATION OBJECT]\n", argv[0]);
		return 64;
	}
	sd_id128_t random;
	char token[SD_ID128_STRING_MAX];
	sd_event *loop = NULL;
	if (failed(sd_id128_randomize(&random), "no random number", NULL)) return EXIT_FAILURE;
	if (failed(sd_event_default(&loop), "no event loop", NULL)) return EXIT_FAILURE;
	if (failed(sd_bus_open_user(&bus), "no session bus", NULL)) return EXIT_FAILURE;
	sd_id128_to_string(random, token);

	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = launch(argv, token, &error);
	// The daemon took the answer with it; there is another by now.
	for (int tries = 0; tries < 2 && r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY); tries++) {
		sd_bus_error_free(&error);
		r = launch(argv, token, &error);
	}
	if (sd_bus_error_has_name(&error, ERROR "EngineNotFound"))
		fprintf(stderr, "nothing here can call %s: %s\n", argv[1], error.message);
	else if (r < 0 && error.name && strncmp(error.name, ERROR, strlen(ERROR)) == 0)
		fprintf(stderr, "%s: %s\n", error.name + strlen(ERROR), error.message);
	else
		failed(r, "no call", &error);
	if (r < 0) return EXIT_FAILURE;
	id = strrchr(session, '/') + 1;
	return failed(follow(loop), "the call goes on, but cannot be followed", NULL) ? EXIT_FAILURE : EXIT_SUCCESS;
}
