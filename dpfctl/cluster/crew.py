"""Jobs done side by side by threads that never keep the process alive."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


def side_by_side(jobs: Sequence[Callable[[], T]], size: int) -> list[T]:
    """Do all jobs on at most ``size`` daemon threads.

    The pools of the standard library wait for their threads when the process ends, so a Ctrl-C
    would last as long as the slowest server. Here the caller waits, and nobody else.

    Returns:
        The results in the order of the jobs.

    Raises:
        BaseException: What the first job to fail raised, at once; jobs that have not begun are
            dropped, and those under way are left to end by themselves.
    """
    crew = _Crew(jobs)
    for number in range(min(size, len(jobs))):
        threading.Thread(target=crew.work, name=f"dpfctl-{number}", daemon=True).start()
    return crew.wait()


class _Crew(Generic[T]):
    def __init__(self, jobs: Sequence[Callable[[], T]]) -> None:
        self._todo: queue.SimpleQueue[tuple[int, Callable[[], T]]] = queue.SimpleQueue()
        self._done: dict[int, T] = {}
        self._failure: BaseException | None = None
        self._change = threading.Condition()
        self._count = len(jobs)
        for entry in enumerate(jobs):
            self._todo.put(entry)

    def work(self) -> None:
        while self._failure is None:
            try:
                number, job = self._todo.get_nowait()
            except queue.Empty:
                return
            self._do(number, job)

    def wait(self) -> list[T]:
        with self._change:
            self._change.wait_for(self._is_over)
        if self._failure is not None:
            raise self._failure
        return [self._done[number] for number in range(self._count)]

    def _do(self, number: int, job: Callable[[], T]) -> None:
        try:
            result = job()
        except BaseException as error:
            with self._change:
                self._failure = self._failure or error
                self._change.notify_all()
        else:
            with self._change:
                self._done[number] = result
                self._change.notify_all()

    def _is_over(self) -> bool:
        return self._failure is not None or len(self._done) == self._count
