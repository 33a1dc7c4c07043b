"""Customer projects: which consultants work on what, when, and the hours they write down.

Belongs here: projects, assignments, timesheets. Does not: their price (selling.py) and invoices (billing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sample.arrays import Flags, Ints, month_number, repeat_rows, weekday
from pipelines.sample.company import SRV
from pipelines.sample.masters import Masters

PROJECT_GAP_DAYS = 5
LATE_MILESTONES, LATE_DAYS = 0.4, 75  # of fixed prices: acceptance drags on


@dataclass(frozen=True, slots=True)
class Projects:
    """Customer projects: one row per project, in order of start."""

    customer: Ints
    entity: Ints
    start: Ints
    end: Ints
    fixed_price: Flags
    billed_late: Ints  # days between a fixed price's last milestone and its invoice


@dataclass(frozen=True, slots=True)
class Assignments:
    """Consultants on projects: one row per consultant, project and half-time slot."""

    project: Ints
    employee: Ints
    start: Ints
    end: Ints


def draw_projects(masters: Masters) -> tuple[Projects, Assignments]:
    """Each consultant works in two half-time slots, engagement after engagement, so nobody is booked twice.
    Engagements that start together in one entity form a project."""
    window, customers, employees = masters.window, masters.customers, masters.employees
    generator = masters.draws.stream("projects")
    consultants = np.flatnonzero(employees.department == SRV)
    hired, left, consultant_entity = (of[consultants] for of in (employees.hired, employees.left, employees.entity))
    slots = np.repeat(np.arange(len(consultant_entity)), 2)
    at = np.maximum(
        hired[slots] + generator.integers(0, 40, len(slots)), window.first - generator.integers(0, 120, len(slots))
    )
    rows: list[tuple[Ints, Ints, Ints]] = []
    while len(slots):  # one round per engagement, over all slots still free before the end
        length = generator.integers(35, 200, len(slots))
        end = np.minimum(at + length, left[slots])
        rows.append((slots, at, end))
        at = end + 1 + generator.integers(0, 4 * PROJECT_GAP_DAYS, len(slots))
        free = at < np.minimum(left[slots], window.last)
        slots, at = slots[free], at[free]
    consultant, start, end = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    inside = start <= window.last
    consultant, start, end = consultant[inside], start[inside], end[inside]
    order = np.lexsort((consultant, start, consultant_entity[consultant]))
    consultant, start, end = consultant[order], start[order], end[order]
    entity = consultant_entity[consultant]
    opens = generator.random(len(order)) < 0.55
    opens[np.flatnonzero(np.diff(entity, prepend=-1))] = True
    gap = np.diff(start, prepend=start[:1] - 999)
    opens |= gap > 21
    project = np.cumsum(opens) - 1
    size = int(project[-1]) + 1 if len(project) else 0
    first = np.flatnonzero(opens)
    project_start = start[first]
    project_end = np.zeros(size, dtype=np.int64)
    np.maximum.at(project_end, project, end)
    project_entity = entity[first]
    buyer = np.zeros(size, dtype=np.int64)
    chance = generator.random(size)
    for unit in np.unique(project_entity):
        # Customers are in order of the day they were won: choose among those won a month before the project starts.
        pool = np.flatnonzero(customers.services & (customers.entity == unit))
        if not len(pool):
            pool = np.flatnonzero((customers.buyer_entity < 0) & (customers.entity == unit))
        mine = project_entity == unit
        known = np.maximum(np.searchsorted(customers.won[pool], project_start[mine] - 30), 1)
        buyer[mine] = pool[(chance[mine] ** 1.6 * known).astype(np.int64)]
    return (
        Projects(
            customer=buyer,
            entity=project_entity,
            start=project_start,
            end=project_end,
            fixed_price=generator.random(size) < 0.3,
            billed_late=np.where(masters.draws.stream("late milestones").random(size) < LATE_MILESTONES, LATE_DAYS, 0),
        ),
        Assignments(project=project, employee=consultants[consultant], start=start, end=end),
    )


@dataclass(frozen=True, slots=True)
class Timesheets:
    """One row per consultant, project and day; hours in hundredths."""

    employee: Ints
    project: Ints
    day: Ints
    hours: Ints
    billable: Flags


def fill_timesheets(masters: Masters, assignments: Assignments) -> Timesheets:
    """Half-time slots: about four hours a working day, in half hours; July and sick days are thinner."""
    window, generator = masters.window, masters.draws.stream("timesheets")
    end = np.minimum(np.minimum(assignments.end, window.last), masters.employees.left[assignments.employee])
    assignment, offset = repeat_rows(np.maximum(end - assignments.start + 1, 0))
    day = assignments.start[assignment] + offset
    worked = (weekday(day) < 5) & (day >= window.first)
    worked &= generator.random(len(day)) > np.where(month_number(day) % 12 == 6, 0.62, 0.09)
    assignment, day = assignment[worked], day[worked]
    hours = 50 * generator.integers(6, 10, len(day))
    employee = assignments.employee[assignment]
    project = assignments.project[assignment]
    # A consultant with both slots on one project has one row a day.
    order = np.lexsort((day, project, employee))
    employee, project, day, hours = employee[order], project[order], day[order], hours[order]
    same = np.zeros(len(day), dtype=np.bool_)
    same[1:] = (employee[1:] == employee[:-1]) & (project[1:] == project[:-1]) & (day[1:] == day[:-1])
    hours[np.flatnonzero(same) - 1] += hours[same]
    keep = ~same
    order = np.lexsort((employee[keep], day[keep]))
    billable = generator.random(int(keep.sum())) > 0.06
    return Timesheets(
        employee=employee[keep][order],
        project=project[keep][order],
        day=day[keep][order],
        hours=hours[keep][order],
        billable=billable,
    )
